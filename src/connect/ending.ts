import type { Connection } from '../model/connection.ts';
import type { Consent, ConsentFailure } from '../model/consent-store.ts';
import type { Secret } from '../model/secret.ts';
import type { ConsentPorts } from './ports.ts';

/** How a consent ended, or where it waits. */
export type Finished =
  | { readonly kind: 'connected'; readonly consent: Consent; readonly connection: Connection }
  /** The tokens are safe; whose account they are for could not be asked yet, and the worker goes on asking. */
  | { readonly kind: 'pending'; readonly consent: Consent; readonly error: string }
  /** The browser goes to the application, which redeems the code. */
  | { readonly kind: 'to_redeem'; readonly consent: Consent; readonly code: Secret }
  | Failed;

export interface Failed {
  readonly kind: 'failed';
  readonly consent: Consent | undefined;
  readonly failure: ConsentFailure;
  readonly detail: string;
}

export interface Refusal {
  readonly failure: ConsentFailure;
  readonly detail: string;
}

/** Ends a consent without a connection; what was sealed for it is forgotten. */
export async function fail(consent: Consent, { failure, detail }: Refusal, ports: ConsentPorts): Promise<Failed> {
  const changes = {
    state: 'failed',
    failure,
    failureDetail: detail,
    sealed: undefined,
    generation: undefined,
  } as const;
  for (const from of ['waiting', 'sent', 'answered', 'pending'] as const) {
    if (await ports.consents.advance(consent.id, from, changes)) break;
  }
  return { kind: 'failed', consent, failure, detail };
}
