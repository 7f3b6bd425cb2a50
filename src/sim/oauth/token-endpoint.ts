import { createHash } from 'node:crypto';
import { SECOND_MS } from '../../model/clock.ts';
import type { SimEvent } from '../events.ts';
import { hashOf, newName } from '../names.ts';
import type { Network } from '../networks/network.ts';
import { isPlayed } from '../quirks.ts';
import type { Code, Device, Grant, Token } from '../state.ts';
import type { SimRequest } from '../wire.ts';
import { accessAfterEnd, type Decision, type World } from '../world.ts';
import { parameter } from './authorization-request.ts';
import { checkClient, clientIdNameAt, registeredClient } from './client-check.ts';
import { issue } from './issue.ts';
import { checkProof, proofRefused } from './proof-check.ts';
import { grantOf, presentedRefresh, renew } from './renewal.ts';
import { refuse } from './refusal.ts';
import { asAskedFor, parametersOf } from './token-wire.ts';

/**
 * `POST` to the token endpoint: a code, a device code or a refresh token against a new token set (RFC 6749, sections
 * 4.1.3 and 6; RFC 8628, section 3.4).
 */
export function answerToken(world: World, network: Network, request: SimRequest): Decision {
  const decision = answerForm(world, network, request, parametersOf(world, request));
  return { ...decision, reply: asAskedFor(world, request, decision.reply) };
}

function answerForm(world: World, network: Network, request: SimRequest, form: URLSearchParams): Decision {
  const code = world.state.codes.get(hashOf(form.get('code') ?? ''));
  const refresh = presentedRefresh(world, form);
  const device = world.state.devices.get(hashOf(form.get('device_code') ?? ''));
  const grant = grantOf(world, refresh);
  const client = checkClient(world, request, form, {
    ownerOfGrant: code?.request.clientId ?? grant?.clientId ?? device?.clientId,
    isOfDevice: form.get('grant_type') === DEVICE_GRANT || grant?.flow === 'device',
  });
  if (client.kind === 'refused') return refuse(world, network, client.problem, client.parameter);

  const proof = checkProof(world, request, undefined);
  if (proof.kind === 'refused') return { events: client.events, reply: proofRefused(world, proof) };
  const proved = proof.kind === 'none' ? { events: [], thumbprint: undefined } : proof;

  const { clientId } = client;
  const decision = exchange(world, network, form, { clientId, code, refresh, device, proof: proved.thumbprint });
  return { events: [...client.events, ...proved.events, ...decision.events], reply: decision.reply };
}

interface Presented {
  readonly clientId: string;
  readonly code: Code | undefined;
  readonly refresh: Token | undefined;
  readonly device: Device | undefined;
  /** Thumbprint of the key that the request proves to have. */
  readonly proof: string | undefined;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

function exchange(world: World, network: Network, form: URLSearchParams, presented: Presented): Decision {
  const isImplied = isPlayed(world.provider, 'looseRequests') && form.has('code');
  const grantType = form.get('grant_type') ?? (isImplied ? 'authorization_code' : null);
  switch (grantType) {
    case 'authorization_code':
      return exchangeCode(world, network, form, presented);
    case 'refresh_token':
      return renew(world, network, form, presented);
    case 'client_credentials':
      if (world.provider.appOnly === undefined) return refuse(world, network, 'grant_unsupported');
      return issueToApp(world, network, form, presented);
    case DEVICE_GRANT:
      if (world.provider.endpoints.deviceCode === undefined) return refuse(world, network, 'grant_unsupported');
      return askForDevice(world, network, form, presented);
    case null:
      return refuse(world, network, 'parameter_missing', 'grant_type');
    default:
      return refuse(world, network, 'grant_unsupported', 'grant_type');
  }
}

/**
 * The app's own token (RFC 6749, section 4.4): only for an app that proves who it is, with a secret or a key, and without a refresh token. The app stands
 * in the place of a user, under its own client id.
 */
function issueToApp(world: World, network: Network, form: URLSearchParams, { clientId, proof }: Presented): Decision {
  const client = registeredClient(world, clientId);
  // An app that is met only now proves with this very request whether it has a secret.
  const hasProof = form.has('client_secret') || form.has('client_assertion') || !form.has(clientIdNameAt(world));
  if (client?.kind === 'public' || (client?.kind === 'undecided' && !hasProof))
    return refuse(world, network, 'client_not_authenticated', 'client_secret');
  const { separator } = world.provider.scopes;
  const user = { id: clientId, handle: 'app', name: 'The app itself' };
  const consent = {
    clientId,
    userId: user.id,
    scopes: (form.get('scope') ?? '').split(separator).filter((scope) => scope !== ''),
    atMs: world.nowMs,
    flow: 'app',
    proof,
    audience: parameter(world, 'audience', form),
  } as const;
  const isKnown = world.state.users.has(user.id);
  return open(world, network, consent, isKnown ? [] : [{ kind: 'user_met', user }]);
}

/** Asks whether the user has typed the code and agreed. Whoever asks too often is told, and must ask less often from then on. */
function askForDevice(
  world: World,
  network: Network,
  form: URLSearchParams,
  { clientId, device, proof }: Presented,
): Decision {
  if (!form.has('device_code')) return refuse(world, network, 'parameter_missing', 'device_code');
  if (device === undefined || device.clientId !== clientId || device.spentAtMs !== undefined)
    return refuse(world, network, 'device_code_unknown');
  if (world.nowMs >= device.expiresAtMs) return sayOver(world, network, device);
  const isTooSoon = device.askedAtMs !== undefined && world.nowMs < device.askedAtMs + device.intervalMs;
  const intervalMs = isTooSoon ? device.intervalMs + SLOWER_BY_MS : device.intervalMs;
  const asked: SimEvent = { kind: 'device_asked', hash: device.hash, atMs: world.nowMs, intervalMs };
  if (isTooSoon) return slowDown(world, network, asked);
  const { decision } = device;
  if (decision === undefined) return { ...refuse(world, network, 'device_pending'), events: [asked] };
  if (decision.kind === 'denied') return { ...refuse(world, network, 'device_denied'), events: [asked] };
  const consent = {
    clientId,
    userId: decision.userId,
    scopes: device.scopes,
    atMs: world.nowMs,
    flow: 'device',
    proof,
    audience: device.audience,
  } as const;
  return open(world, network, consent, [asked, { kind: 'device_spent', hash: device.hash, atMs: world.nowMs }]);
}

function sayOver(world: World, network: Network, { hash, toldOver }: Device): Decision {
  const isUnknownNow = network.device?.saysOverOnce === true && toldOver === true;
  const refused = refuse(world, network, isUnknownNow ? 'device_code_unknown' : 'device_code_over');
  return { ...refused, events: [{ kind: 'device_told_over', hash }] };
}

const SLOWER_BY_MS = 5 * SECOND_MS;

function slowDown(world: World, network: Network, asked: Extract<SimEvent, { kind: 'device_asked' }>): Decision {
  const { reply } = refuse(world, network, 'device_asked_too_often');
  if (network.device?.saysInterval === false) return { events: [asked], reply };
  const body = JSON.parse(reply.body) as Record<string, unknown>;
  return {
    events: [asked],
    reply: { ...reply, body: JSON.stringify({ ...body, interval: asked.intervalMs / SECOND_MS }) },
  };
}

/** A refused exchange leaves the code as it is: whether a wrong verifier spends it is not known of any provider here. */
function exchangeCode(
  world: World,
  network: Network,
  form: URLSearchParams,
  { clientId, code, proof }: Presented,
): Decision {
  const isLoose = isPlayed(world.provider, 'looseRequests');
  for (const name of ['code', 'redirect_uri'] as const) {
    if (!form.has(name) && !(isLoose && name === 'redirect_uri'))
      return refuse(world, network, 'parameter_missing', name);
  }
  const isLate = code !== undefined && world.nowMs >= code.issuedAtMs + world.provider.codeLifetimeMs;
  if (code === undefined || isLate || code.spentAtMs !== undefined || code.request.clientId !== clientId) {
    const refused = refuse(world, network, 'code_refused');
    return code?.spentAtMs === undefined ? refused : { ...refused, events: [{ kind: 'code_replayed' }] };
  }
  const redirectUri = form.get('redirect_uri') ?? (isLoose ? code.request.redirectUri : null);
  if (redirectUri !== code.request.redirectUri || redirectUri === null)
    return refuse(world, network, 'redirect_uri_differs');
  const boundTo = code.request.proofThumbprint;
  if (boundTo !== undefined && boundTo !== proof) return refuse(world, network, 'code_refused');
  if (!isVerified(code, form.get('code_verifier'))) return refuse(world, network, 'verifier_differs');

  const { userId, request, issuedAtMs } = code;
  const { scopes, nonce, audience, organization } = request;
  const consent = {
    ...{ clientId, userId, scopes, nonce, audience, organization, proof },
    atMs: issuedAtMs,
    flow: undefined,
    redirectUri,
    isOnline: isOnline(world, request),
  };
  return open(world, network, consent, [{ kind: 'code_spent', hash: code.hash, atMs: world.nowMs }]);
}

interface GivenConsent extends Pick<Grant, 'nonce' | 'audience' | 'organization'> {
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly atMs: number;
  readonly flow: Grant['flow'];
  /** Thumbprint of the key that its tokens will be bound to. */
  readonly proof: string | undefined;
  readonly redirectUri?: string;
  readonly isOnline?: boolean;
}

function isOnline({ state }: World, request: Code['request']): boolean {
  return request.isOnline === true || state.settings.withholdRefresh;
}

/** A consent becomes a grant with its first token set. */
function open(
  world: World,
  network: Network,
  { atMs, flow, proof, redirectUri, isOnline, ...consent }: GivenConsent,
  before: readonly SimEvent[],
): Decision {
  const grant: Grant = {
    id: newName('grant', world.random),
    ...consent,
    ...(flow === undefined ? {} : { flow }),
    ...(proof === undefined ? {} : { proofThumbprint: proof }),
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(isOnline === true ? { isOnline } : {}),
    consentedAtMs: atMs,
    renewals: 0,
    tokenHashes: [],
    end: undefined,
  };
  const events = [
    ...before,
    ...(flow === 'app' ? [] : makeRoom(world, grant)),
    { kind: 'grant_opened', grant } as const,
  ];
  return issue(world, network, grant, { before: events, parent: undefined });
}

/**
 * Where the provider keeps one grant a user and app, the new one ends the refresh tokens of those before; where it keeps
 * a number of them, the one that is too many ends the oldest.
 */
function makeRoom(world: World, grant: Grant): readonly SimEvent[] {
  const { nowMs } = world;
  const { grantsPerUserMax } = world.state.settings;
  const others = [...world.state.grants.values()].filter(
    (other) => other.end === undefined && other.clientId === grant.clientId && other.userId === grant.userId,
  );
  if (world.provider.grantsPerSubject === 'one') {
    return others.map(({ id }) => ({
      kind: 'grant_ended',
      grantId: id,
      reason: 'superseded',
      access: 'lives',
      atMs: nowMs,
    }));
  }
  const tooMany = grantsPerUserMax === null ? 0 : Math.max(0, others.length + 1 - grantsPerUserMax);
  return others.slice(0, tooMany).map(({ id }) => ({
    kind: 'grant_ended',
    grantId: id,
    reason: 'one_too_many',
    access: accessAfterEnd(world),
    atMs: nowMs,
  }));
}

/** RFC 7636, section 4.6. */
function isVerified(code: Code, verifier: string | null): boolean {
  const { challenge } = code.request;
  if (challenge === undefined) return true;
  if (verifier === null) return false;
  const made = challenge.method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
  return made === challenge.value;
}
