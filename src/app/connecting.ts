import type { Connection } from '../model/connection.ts';
import type { Consent } from '../model/consent-store.ts';
import { KippuError } from '../model/errors.ts';
import { hasIdForm, type ConsentId } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import { beginConsent } from '../connect/begin.ts';
import { redeemConsent } from '../connect/pending.ts';
import type { Finished } from '../connect/ending.ts';
import { checkName, findApp } from './connections.ts';
import { findConnection } from './find-connection.ts';
import type { App } from './open.ts';

export interface ConnectRequest {
  readonly provider: string;
  readonly owner?: string | undefined;
  /** Scopes or names of presets. */
  readonly scopes?: readonly string[] | undefined;
  /** `false`: ask for no refresh token. */
  readonly offline?: boolean | undefined;
  readonly name?: string | undefined;
  readonly returnUrl?: string | undefined;
  /** Id or name: consent again for this one. */
  readonly connection?: string | undefined;
  /** Keep the steps of the flow in memory, masked, for whoever wants to see them. */
  readonly explain?: boolean | undefined;
}

export interface ConnectSession {
  readonly id: ConsentId;
  readonly url: string;
  readonly expiresAtMs: number;
}

/** Makes a link to send a user to. Throws `not_found`, `invalid`, `misconfigured`. */
export async function beginConnect(request: ConnectRequest, app: App): Promise<ConnectSession> {
  const provider = findApp(request.provider, app);
  const connection = await connectionAgain(request, app);
  if (request.name !== undefined) checkName(request.name);
  if (request.returnUrl !== undefined) checkReturnUrl(request.returnUrl, app);
  const consent = await beginConsent(
    {
      app: provider,
      owner: connection?.owner ?? request.owner ?? '',
      scopes: { chosen: request.scopes ?? connection?.scopes ?? [], offline: request.offline ?? true },
      name: request.name,
      connectionId: connection?.id,
      redirectUri: callbackUrl(request.provider, app),
      returnUrl: request.returnUrl,
    },
    app.connect,
  );
  if (request.explain === true)
    app.flows.begin(consent.id, provider, {
      url: `${app.options.publicUrl}/v1/connect-sessions`,
      scopes: consent.scopes,
    });
  return { id: consent.id, url: `${app.options.publicUrl}/connect/${consent.id}`, expiresAtMs: consent.expiresAtMs };
}

/**
 * The connection that is consented to again, if one is. Throws `not_found`, `invalid` for one of another provider, and
 * `conflict` for one that no user stands behind.
 */
export async function connectionAgain(
  { provider, connection: idOrName }: Pick<ConnectRequest, 'provider' | 'connection'>,
  app: App,
): Promise<Connection | undefined> {
  const connection = idOrName === undefined ? undefined : await findConnection(idOrName, app);
  if (connection !== undefined && connection.restsOn !== 'consent')
    throw new KippuError(
      'conflict',
      `${connection.name} has no user who could consent: it rests on ${connection.restsOn === 'app' ? 'the app itself' : 'an API key'}.`,
      { where: '/connection' },
    );
  if (connection === undefined || connection.provider === provider) return connection;
  throw new KippuError('invalid', `${connection.name} is a connection of ${connection.provider}, not of ${provider}.`, {
    where: '/connection',
  });
}

/** The address that must be registered at the provider, to the letter. */
export function callbackUrl(
  provider: string,
  { options }: { readonly options: Pick<App['options'], 'publicUrl'> },
): string {
  return `${options.publicUrl}/callback/${provider}`;
}

/** Throws `not_found`. */
export async function findConsent(id: string, { store }: App): Promise<Consent> {
  const consent = hasIdForm('cns', id) ? await store.consents.find(id) : undefined;
  if (consent === undefined) throw new KippuError('not_found', `There is no connect session ${id}.`);
  return consent;
}

/** Throws `not_found`, `consent_failed`. */
export async function redeemConnect(id: string, code: string, app: App): Promise<Finished> {
  const consent = await findConsent(id, app);
  return redeemConsent(consent.id, new Secret(code), app.connect);
}

/** Only where the operator allows it: an open redirect would carry one-time codes to strangers. */
function checkReturnUrl(returnUrl: string, { options }: App): void {
  const url = URL.canParse(returnUrl) ? new URL(returnUrl) : undefined;
  const allowed = [options.publicUrl, ...options.returnUrls];
  const fits = url !== undefined && allowed.some((prefix) => isBelow(url, new URL(prefix)));
  if (fits) return;
  throw new KippuError(
    'invalid',
    'This return_url is not on the list of allowed ones. Add its origin to KIPPU_RETURN_URLS, in the library to returnUrls.',
    { where: '/return_url' },
  );
}

function isBelow(url: URL, prefix: URL): boolean {
  if (url.origin !== prefix.origin || url.username !== '' || url.password !== '') return false;
  const path = prefix.pathname.replace(/\/$/, '');
  return url.pathname === path || url.pathname.startsWith(`${path}/`);
}
