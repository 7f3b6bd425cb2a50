import { KippuError } from '../model/errors.ts';
import type { ConsentId } from '../model/ids.ts';
import type { Consent } from '../model/consent-store.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import { identityRequest, readIdentity } from '../protocol/identity.ts';
import { revocationRequest } from '../protocol/revocation.ts';
import { readTokens } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { attachTokens } from './attach.ts';
import { consentBinding, hashOf } from './begin.ts';
import { fail, type Finished } from './ending.ts';
import type { ConnectPorts } from './ports.ts';

/** The consents whose user could not be asked for when they came back. Gives how many were settled. */
export async function settlePendings(ports: ConnectPorts): Promise<number> {
  const consents = await ports.consents.pending(20);
  let settled = 0;
  for (const consent of consents) {
    const finished = await settlePending(consent, ports);
    if (finished.kind !== 'pending') settled += 1;
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
  if (consent.state !== 'pending' || consent.redeemHash !== hashOf(code.reveal()) || ports.clock.nowMs() >= consent.expiresAtMs) {
    throw new KippuError('consent_failed', 'This code does not fit the connect session, or was redeemed already. Let the user connect again.');
  }
  return settlePending(consent, ports);
}

/** Learns whose account it is, checks that it is the right one, and attaches. */
export async function settlePending(consent: Consent, ports: ConnectPorts): Promise<Finished> {
  const app = ports.apps.get(consent.providerAppId);
  if (app === undefined) return { kind: 'pending', consent, error: 'the provider app is not configured' };
  const tokens = openPending(consent, ports);
  const identity = readIdentity(app, await ports.http.send(identityRequest(app, tokens.accessToken)));
  if (identity.kind === 'token_refused') {
    return fail(consent, { failure: 'provider_refused', detail: `${app.provider.name} does not accept the access token it has just issued` }, ports);
  }
  if (identity.kind === 'unknown') return { kind: 'pending', consent, error: identity.error };
  const wrong = await wrongUser(consent, identity, ports);
  if (wrong !== undefined) {
    await putAway({ consent, app, tokens, subject: identity.subject, handle: identity.handle }, ports);
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
      subject: identity.subject,
      handle: identity.handle,
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
      return fail(consent, { failure: 'name_taken', detail: `the name ${consent.name} belongs to another connection` }, ports);
    case 'token_known':
      return fail(consent, { failure: 'provider_refused', detail: 'the provider issued a refresh token that is known here already' }, ports);
  }
}

function openPending(consent: Consent, { vault }: ConnectPorts): TokenSet {
  const { sealed, generation } = consent;
  if (sealed === undefined || generation === undefined) throw new TypeError('A pending consent holds no tokens.');
  return readTokens(vault.open(consentBinding(consent, generation), sealed));
}

/** Consent again for one connection: only by the user it is for. Says both names. */
async function wrongUser(consent: Consent, identity: { readonly subject: string; readonly handle: string }, ports: ConnectPorts): Promise<string | undefined> {
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
  const { items } = await ports.connections.list({ provider: consent.provider, owner: consent.owner, limit: 1000 });
  const own = items.find((connection) => connection.subject === subject && connection.providerAppId === app.id && connection.state !== 'revoked');
  if (own !== undefined) {
    const { owner, scopes } = consent;
    const grantedAtMs = ports.clock.nowMs();
    await attachTokens(
      { app, tokens, owner, name: undefined, connectionId: own.id, consentId: undefined, subject, handle, askedScopes: scopes, grantedAtMs, imported: false },
      ports,
    );
    return;
  }
  const request = revocationRequest(app, { token: tokens.refreshToken ?? tokens.accessToken, hint: tokens.refreshToken === undefined ? 'access_token' : 'refresh_token' });
  if (request !== undefined) await ports.http.send(request);
}
