import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import type { ConnectionId } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import type { TokenCarrier, TokenSet } from '../model/token-set.ts';
import { isCarriable } from '../protocol/carriable.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { attachTokens } from './attach.ts';
import type { ConnectPorts } from './ports.ts';

export interface StaticKey {
  readonly app: ProviderApp;
  readonly owner: string;
  readonly name: string | undefined;
  readonly key: Secret;
  /** Absent: as the provider's data say, else `Authorization: Bearer`. */
  readonly carrier: TokenCarrier | undefined;
  /** Absent: it has no end that anybody knows. */
  readonly expiresAtMs: number | undefined;
  /** This one's key is replaced. */
  readonly connectionId: ConnectionId | undefined;
}

const BEARER: TokenCarrier = { header: 'Authorization', scheme: 'Bearer' };
/** What a connection without a header of its own hands out says so in its token type. */
const KEY_TOKEN_TYPE = 'ApiKey';

/**
 * Takes a static API key into a connection of its own, or puts it in the place of that connection's last one. Nothing
 * renews it; it is handed out until its date, if it has one.
 *
 * Throws `invalid` for a key or a header that no request could carry, or a date that is past; `conflict` for a name that
 * is taken.
 */
export async function importStaticKey(imported: StaticKey, ports: ConnectPorts): Promise<Connection> {
  const { app, name } = imported;
  const nowMs = ports.clock.nowMs();
  const carrier = imported.carrier ?? app.provider.apiKey ?? BEARER;
  checkKey(imported, nowMs);
  checkCarrier(carrier);
  const attached = await attachTokens(
    {
      app,
      tokens: tokensOf(imported, carrier),
      owner: imported.owner,
      name,
      connectionId: imported.connectionId,
      consentId: undefined,
      subject: undefined,
      handle: undefined,
      askedScopes: [],
      grantedAtMs: nowMs,
      imported: true,
      restsOn: 'key',
    },
    ports,
  );
  if (attached.kind === 'attached') return attached.connection;
  throw new KippuError(
    'conflict',
    `The name ${name} belongs to another connection. Choose another with --name, or replace that one's key with --connection.`,
    { where: 'name' },
  );
}

function checkKey({ key, expiresAtMs }: StaticKey, nowMs: number): void {
  if (!isCarriable(key))
    throw new KippuError(
      'invalid',
      'The API key is empty, or has spaces or other characters in it that no header can carry. Give the key alone.',
      { where: '/api_key' },
    );
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs)
    throw new KippuError('invalid', 'The API key is over already, by the date that was given with it.', {
      where: '/expires_at',
    });
}

/** RFC 9110, sections 5.1 and 11.1: both are tokens. */
const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** They say where a request goes and how long it is: nothing may be put into them. */
const NOT_A_CARRIER = /^(host|content-length|transfer-encoding|connection|te|trailer|upgrade|expect|cookie)$/i;

function checkCarrier({ header, scheme }: TokenCarrier): void {
  if (!FIELD_NAME.test(header) || NOT_A_CARRIER.test(header))
    throw new KippuError('invalid', `"${header}" is no header for an API key. Give one such as X-Api-Key.`, {
      where: '/api_key_header',
    });
  if (scheme !== '' && !FIELD_NAME.test(scheme))
    throw new KippuError('invalid', `"${scheme}" is no scheme. Give one word, as in Bearer, or none.`, {
      where: '/api_key_scheme',
    });
}

function tokensOf({ key, expiresAtMs }: StaticKey, carrier: TokenCarrier): TokenSet {
  const isUsual = carrier.header.toLowerCase() === 'authorization' && carrier.scheme === 'Bearer';
  return {
    accessToken: key,
    tokenType: carrier.scheme === '' ? KEY_TOKEN_TYPE : carrier.scheme,
    carrier: isUsual ? undefined : carrier,
    refreshToken: undefined,
    idToken: undefined,
    accessExpiresAtMs: expiresAtMs,
    refreshExpiresAtMs: undefined,
    scopes: undefined,
    raw: new Secret(''),
  };
}
