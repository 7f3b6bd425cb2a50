import type { NetworkCall } from './networks/network.ts';
import { callRefused, checkProof } from './oauth/proof-check.ts';
import type { SimRequest } from './wire.ts';
import { justReply, type Decision, type World } from './world.ts';

/**
 * A call of the resource API whose token may be bound to a key (RFC 9449, section 7.1): the proof is looked at before the
 * call, which then meets an ordinary token and the key that it came with.
 */
export function answerCall(world: World, call: NetworkCall, request: SimRequest): Decision {
  const { provedBy: _, ...bare } = request;
  const token = /^dpop +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
  if (token === undefined) return call.answer(world, bare);
  const proof = checkProof(world, request, token);
  if (proof.kind === 'none') return call.answer(world, bare);
  if (proof.kind === 'refused') return justReply(callRefused(world, proof));
  const proved = {
    ...bare,
    headers: { ...request.headers, authorization: `Bearer ${token}` },
    provedBy: proof.thumbprint,
  };
  const decision = call.answer(world, proved);
  return { ...decision, events: [...proof.events, ...decision.events] };
}
