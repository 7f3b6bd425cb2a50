import { assertNever } from '../model/assert-never.ts';
import { MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { ConsentId } from '../model/ids.ts';
import type { Consent } from '../model/consent-store.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import { identityIn, identityRequest, readIdentity, saysWho, type IdentityAnswer } from '../protocol/identity.ts';
import { revocationPlan } from '../protocol/revocation.ts';
import { sendAsClient, sendWithToken } from '../protocol/signed-request.ts';
import { readTokens } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { attachTokens } from './attach.ts';
import { consentBinding, hashOf } from './begin.ts';
import { fail, type Finished } from './ending.ts';
import type { ConnectPorts, ConsentPorts } from './ports.ts';

const BATCH = 20;

/**
 * The consents whose user could not be asked for when they came back. One that cannot be settled never stops the others:
 * it is reported. Gives how many were settled.
 */
export async function settlePendings(
  ports: ConnectPorts,
  report: (id: ConsentId, error: unknown) => void,
): Promise<number> {
  let settled = 0;
  for (const consent of await ports.consents.pending(BATCH)) {
    try {
      const finished = await settlePending(consent, ports);
      if (finished.kind !== 'pending') settled += 1;
    } catch (error) {
      report(consent.id, error);
    }
  }
  return settled;
}

/**
 * The application brings the one-time code that its user's browser carried to its `return_url`: so nobody can have a
 * stranger's consent attached to himself.
 *
 * Throws `not_found`, `consent_failed`.
 */
export async function redeemConsent(id: ConsentId, code: Secret, ports: ConnectPorts): Promise<Finished> {
  const consent = await ports.consents.find(id);
  if (consent === undefined) throw new KippuError('not_found', `There is no connect session ${id}.`);
  if (
    consent.state !== 'pending' ||
    consent.redeemHash !== hashOf(code.reveal()) ||
    ports.clock.nowMs() >= consent.expiresAtMs
  ) {
    throw new KippuError(
      'consent_failed',
      'This code does not fit the connect session, or was redeemed already. Let the user connect again.',
    );
  }
  return settlePending(consent, ports);
}

/** Learns whose account it is, checks that it is the right one, and attaches. */
export async function settlePending(consent: Consent, ports: ConnectPorts): Promise<Finished> {
  const app = ports.apps.get(consent.providerAppId);
  if (app === undefined) return { kind: 'pending', consent, error: 'the provider app is not configured' };
  const tokens = openPending(consent, ports);
  const identity = await identityOf(tokens, app, ports);
  if (identity.kind === 'id_token_invalid') {
    await revokeTokens(app, tokens, ports);
    return fail(consent, { failure: 'id_token_invalid', detail: identity.reason }, ports);
  }
  if (identity.kind === 'token_refused') {
    return fail(
      consent,
      {
        failure: 'provider_refused',
        detail: `${app.provider.name} does not accept the access token it has just issued`,
      },
      ports,
    );
  }
  if (identity.kind === 'unknown') return askAgainLater(consent, identity.error, ports);
  const known = identity.kind === 'known' ? identity : undefined;
  const wrong = known === undefined ? undefined : await wrongUser(consent, known, ports);
  if (known !== undefined && wrong !== undefined) {
    await putAway({ consent, app, tokens, subject: known.subject, handle: known.handle }, ports);
    return fail(consent, { failure: 'wrong_user', detail: wrong }, ports);
  }
  const attached = await attachTokens(
    {
      app,
      tokens,
      owner: consent.owner,
      name: consent.name,
      connectionId: consent.connectionId,
      consentId: consent.id,
      subject: known?.subject,
      handle: known?.handle,
      askedScopes: consent.scopes,
      grantedAtMs: consent.answeredAtMs ?? ports.clock.nowMs(),
      imported: false,
    },
    ports,
  );
  switch (attached.kind) {
    case 'attached':
      return { kind: 'connected', consent, connection: attached.connection };
    case 'name_taken':
      await revokeTokens(app, tokens, ports);
      return fail(
        consent,
        { failure: 'name_taken', detail: `the name ${consent.name} belongs to another connection` },
        ports,
      );
    case 'token_known':
      return fail(
        consent,
        { failure: 'provider_refused', detail: 'the provider issued a refresh token that is known here already' },
        ports,
      );
  }
}

export type PendingIdentity =
  IdentityAnswer | { readonly kind: 'nameless' } | { readonly kind: 'id_token_invalid'; readonly reason: string };

/**
 * From the ID token, which must be good where there is one; else the provider is asked. Where it says to nobody whose token
 * it is, nobody is asked, and the connection has no known user.
 */
export async function identityOf(
  tokens: TokenSet,
  app: ProviderApp,
  ports: Omit<ConsentPorts, 'consents'>,
): Promise<PendingIdentity> {
  const { idToken, nonce } = tokens;
  if (idToken === undefined || app.provider.idToken === undefined) {
    if (!saysWho(app)) return { kind: 'nameless' };
    return readIdentity(app, await sendWithToken(identityRequest(app, tokens.accessToken), tokens, ports));
  }
  const expected = { nonce, isNonceNeeded: true, subject: undefined, mayHaveEnded: false };
  const checked = await ports.idTokens.check(app, idToken, expected);
  switch (checked.kind) {
    case 'valid':
      return identityIn(app, checked.claims);
    case 'unchecked':
      return { kind: 'unknown', error: checked.error };
    case 'invalid':
      return {
        kind: 'id_token_invalid',
        reason: `the ID token of ${app.provider.name} is not good: ${checked.reason}`,
      };
    default:
      return assertNever(checked);
  }
}

const ASK_AGAIN_MIN_MS = 5 * SECOND_MS;
const ASK_AGAIN_MAX_MS = 5 * MINUTE_MS;

/** As long again as it has taken so far: the call may cost money, and has a rate limit that is not ours alone. */
async function askAgainLater(consent: Consent, error: string, ports: ConnectPorts): Promise<Finished> {
  const nowMs = ports.clock.nowMs();
  const waitedMs = nowMs - (consent.answeredAtMs ?? nowMs);
  const askAfterMs = nowMs + Math.min(Math.max(waitedMs, ASK_AGAIN_MIN_MS), ASK_AGAIN_MAX_MS);
  await ports.consents.advance(consent.id, 'pending', { askAfterMs });
  return { kind: 'pending', consent, error };
}

export function openPending(consent: Consent, { vault }: Pick<ConsentPorts, 'vault'>): TokenSet {
  const { sealed, generation } = consent;
  if (sealed === undefined || generation === undefined) throw new TypeError('A pending consent holds no tokens.');
  return readTokens(vault.open(consentBinding(consent, generation), sealed));
}

/** Consent again for one connection: only by the user it is for. Says both names. */
async function wrongUser(
  consent: Consent,
  identity: { readonly subject: string; readonly handle: string },
  ports: ConnectPorts,
): Promise<string | undefined> {
  if (consent.connectionId === undefined) return undefined;
  const connection = await ports.connections.find(consent.connectionId);
  if (connection?.subject === undefined || connection.subject === identity.subject) return undefined;
  return `the connection ${connection.name} is ${connection.handle ?? connection.subject}'s, and the consent was given as ${identity.handle}`;
}

interface Misplaced {
  readonly consent: Consent;
  readonly app: ProviderApp;
  readonly tokens: TokenSet;
  readonly subject: string;
  readonly handle: string;
}

/**
 * Tokens of the wrong user are not kept for the connection that was meant. If that user is connected here himself, his
 * earlier grant may be dead now, and these renew it; else they are revoked.
 */
async function putAway({ consent, app, tokens, subject, handle }: Misplaced, ports: ConnectPorts): Promise<void> {
  const { items } = await ports.connections.list({ providerAppId: app.id, subject, owner: consent.owner, limit: 1 });
  const [own] = items;
  if (own !== undefined && own.state !== 'revoked') {
    const { owner, scopes } = consent;
    const grantedAtMs = ports.clock.nowMs();
    await attachTokens(
      {
        app,
        tokens,
        owner,
        name: undefined,
        connectionId: own.id,
        consentId: undefined,
        subject,
        handle,
        askedScopes: scopes,
        grantedAtMs,
        imported: false,
      },
      ports,
    );
    return;
  }
  await revokeTokens(app, tokens, ports);
}

/** As well as it goes: nothing here depends on it. */
export async function revokeTokens(
  app: ProviderApp,
  tokens: TokenSet,
  ports: Omit<ConsentPorts, 'consents'>,
): Promise<void> {
  const plan = revocationPlan(app, tokens, 'tokens');
  if (plan.kind === 'requests') await sendAsClient(plan.requests[0], { app, proofKey: undefined }, ports);
}
