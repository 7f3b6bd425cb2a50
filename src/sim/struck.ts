import { assertNever } from '../model/assert-never.ts';
import type { SimEvent } from './events.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { Counts } from './state.ts';
import { DELIVERED_WHOLE, type Delivery, type Reply } from './wire.ts';

const COUNTED: Readonly<Record<FaultKind, keyof Counts>> = {
  lose: 'answersLost',
  lose_request: 'requestsLost',
  delay: 'answersDelayed',
  cut: 'answersCut',
  status: 'otherStatuses',
};

/** That a fault found its request: kept together with whatever the request did. */
export function strikeOf(fault: Fault | undefined): readonly SimEvent[] {
  return fault === undefined ? [] : [{ kind: 'fault_struck', faultId: fault.id, counts: COUNTED[fault.kind] }];
}

/** What is answered instead of the endpoint's own reply; that one where the fault only touches its delivery. */
export function replyOf(fault: Fault | undefined, reply: Reply): Reply {
  if (fault?.kind !== 'status') return reply;
  const body = fault.body ?? '';
  const isJson = body.startsWith('{') || body.startsWith('[');
  const type = isJson ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
  return { status: fault.status, headers: { 'content-type': type, ...fault.headers }, body };
}

export function deliveryOf(fault: Fault | undefined): Delivery {
  if (fault === undefined) return DELIVERED_WHOLE;
  const { delayMs } = fault;
  switch (fault.kind) {
    case 'lose':
    case 'lose_request':
      return { kind: 'lost', delayMs };
    case 'cut':
      return { kind: 'cut', delayMs };
    case 'delay':
    case 'status':
      return { kind: 'whole', delayMs };
    default:
      return assertNever(fault.kind);
  }
}
