import { createHash } from 'node:crypto';
import { MINUTE_MS } from '../model/clock.ts';
import type { Consent } from '../model/consent-store.ts';
import { KippuError } from '../model/errors.ts';
import { newId, type ConnectionId } from '../model/ids.ts';
import type { SealBinding } from '../model/vault.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { ConsentPorts } from './ports.ts';
import { scopesToAsk, type ScopeChoice } from './scopes.ts';

/** How long a link may lie around, and how long a user may take at the provider. */
const CONSENT_LIFETIME_MS = 15 * MINUTE_MS;

export interface ConsentWish {
  readonly app: ProviderApp;
  readonly owner: string;
  readonly scopes: ScopeChoice;
  readonly name: string | undefined;
  /** Consent again for this connection; only its own user will do. */
  readonly connectionId: ConnectionId | undefined;
  readonly redirectUri: string;
  /** Where the browser goes afterwards with a one-time code; already checked against the allow-list. */
  readonly returnUrl: string | undefined;
}

/**
 * Makes a consent that a browser can begin. Its id is the secret part of the link: 100 random bits, for one browser.
 *
 * Throws `misconfigured` for an app whose code the provider would not exchange.
 */
export async function beginConsent(wish: ConsentWish, ports: ConsentPorts): Promise<Consent> {
  refuseWithoutPage(wish.app);
  refuseWithoutSecret(wish.app);
  const consent = newConsent(wish, ports);
  await ports.consents.create(consent);
  return consent;
}

function refuseWithoutPage({ provider, endpoints }: ProviderApp): void {
  if (endpoints.authorization !== '') return;
  throw new KippuError(
    'misconfigured',
    `${provider.name} has no page on which a user could consent. Connect the app itself (--app-only), or import an API key.`,
  );
}

/** Said before a user has agreed, and not after. */
function refuseWithoutSecret({ provider, clientSecret, clientKey }: ProviderApp): void {
  if (clientSecret !== undefined || clientKey !== undefined || provider.quirks.deviceFlowWithoutSecret !== true) return;
  throw new KippuError(
    'misconfigured',
    `${provider.name} exchanges a code only for an app with its client secret. Set KIPPU_${provider.id.toUpperCase()}_CLIENT_SECRET, ` +
      'or use the device flow, which needs none (--device).',
  );
}

/** A consent that nobody has begun yet. */
export function newConsent(wish: ConsentWish, { clock, random }: Pick<ConsentPorts, 'clock' | 'random'>): Consent {
  const nowMs = clock.nowMs();
  return {
    id: newId('cns', random),
    state: 'begun',
    failure: undefined,
    failureDetail: undefined,
    provider: wish.app.provider.id,
    providerAppId: wish.app.id,
    owner: wish.owner,
    name: wish.name,
    connectionId: wish.connectionId,
    scopes: scopesToAsk(wish.app, wish.scopes),
    redirectUri: wish.redirectUri,
    returnUrl: wish.returnUrl,
    stateHash: undefined,
    browserHash: undefined,
    redeemHash: undefined,
    sealed: undefined,
    generation: undefined,
    attachedTo: undefined,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + CONSENT_LIFETIME_MS,
    answeredAtMs: undefined,
    askAfterMs: undefined,
  };
}

export function consentBinding(
  consent: Pick<Consent, 'id' | 'providerAppId' | 'owner'>,
  generation: string,
): SealBinding {
  return {
    table: 'consents',
    rowId: consent.id,
    providerAppId: consent.providerAppId,
    owner: consent.owner,
    generation,
  };
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
