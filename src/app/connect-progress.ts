import { assertNever } from '../model/assert-never.ts';
import type { Consent, ConsentFailure, ConsentState } from '../model/consent-store.ts';
import { KippuError } from '../model/errors.ts';
import type { ConnectionId, ConsentId } from '../model/ids.ts';
import type { Caller } from './api-keys.ts';
import { sees } from './callers.ts';
import { findConsent, redeemConnect } from './connecting.ts';
import type { FlowStep } from './flow/flow-step.ts';
import type { App } from './open.ts';

/** Where a consent is, for whoever began it and waits for its end. */
export interface ConnectProgress {
  readonly id: ConsentId;
  readonly state: ConsentState;
  readonly failure: ConsentFailure | undefined;
  readonly detail: string | undefined;
  readonly connection: ConnectionId | undefined;
}

/** Throws `not_found`, `forbidden`. */
export async function connectProgress(id: string, caller: Caller, app: App): Promise<ConnectProgress> {
  const consent = await findConsent(id, app);
  requireConsent(caller, consent);
  if (isOverdue(consent, app))
    return {
      id: consent.id,
      state: 'failed',
      failure: 'expired',
      detail: 'the consent took too long',
      connection: undefined,
    };
  return {
    id: consent.id,
    state: consent.state,
    failure: consent.failure,
    detail: consent.failureDetail,
    connection: consent.attachedTo,
  };
}

/** The steps of a consent that was begun with `explain`, so far. Throws `not_found`, `forbidden`. */
export async function connectSteps(id: string, caller: Caller, app: App): Promise<readonly FlowStep[]> {
  const consent = await findConsent(id, app);
  requireConsent(caller, consent);
  const steps = app.flows.stepsOf(consent.id);
  if (steps === undefined) {
    throw new KippuError(
      'not_found',
      `The steps of ${id} are not kept: it was begun without explain, or by a process that has ended. Connect again.`,
    );
  }
  return steps;
}

/**
 * The application brings the code that its user carried to the `return_url`. A consent that fails now is an error, not
 * an answer: nothing was connected.
 *
 * Throws `not_found`, `forbidden`, `consent_failed`.
 */
export async function redeemConsentOf(
  id: string,
  code: string,
  { caller, app }: { readonly caller: Caller; readonly app: App },
): Promise<ConnectProgress> {
  const consent = await findConsent(id, app);
  requireConsent(caller, consent);
  const finished = await redeemConnect(id, code, app);
  switch (finished.kind) {
    case 'connected':
      app.tokens.forget(finished.connection.id);
      return {
        id: consent.id,
        state: 'attached',
        failure: undefined,
        detail: undefined,
        connection: finished.connection.id,
      };
    case 'pending':
      return { id: consent.id, state: 'pending', failure: undefined, detail: finished.error, connection: undefined };
    case 'failed':
      throw new KippuError('consent_failed', `Nothing was connected: ${finished.detail}. Let the user connect again.`);
    case 'to_redeem':
      throw new TypeError('A consent that was redeemed is to be redeemed.');
    default:
      return assertNever(finished);
  }
}

/** A key that is bound to connections sees the consents for those alone. */
function requireConsent(caller: Caller, consent: Consent): void {
  if (sees(caller, consent.connectionId ?? consent.attachedTo)) return;
  throw new KippuError('forbidden', 'This API key is bound to other connections.');
}

/** The worker will fail it at its next round; whoever asks before that is not kept waiting. */
function isOverdue({ state, expiresAtMs }: Consent, { options }: App): boolean {
  return (state === 'begun' || state === 'waiting' || state === 'sent') && options.outside.clock.nowMs() >= expiresAtMs;
}
