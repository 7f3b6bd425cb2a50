import { KippuError } from '../model/errors.ts';
import type { Connection } from '../model/connection.ts';
import { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import { isCarriable } from '../protocol/carriable.ts';
import { identityRequest, readIdentity, saysWho, type IdentityAnswer } from '../protocol/identity.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { attachTokens } from './attach.ts';
import type { ConnectPorts } from './ports.ts';

/** Tokens that another program obtained. At least one of the two is there. */
export interface ImportedTokens {
  readonly app: ProviderApp;
  readonly owner: string;
  readonly name: string | undefined;
  readonly accessToken: Secret | undefined;
  readonly refreshToken: Secret | undefined;
  readonly idToken: Secret | undefined;
  readonly accessExpiresAtMs: number | undefined;
  readonly refreshExpiresAtMs: number | undefined;
  readonly scopes: readonly string[] | undefined;
  /** The provider's id of the user; asked for where it is not given and the access token is good. */
  readonly subject: string | undefined;
}

/**
 * Takes over existing tokens. Whoever had them must stop renewing: a single-use refresh token has one owner.
 *
 * Throws `conflict` for a refresh token that is here already or was spent here (the latter is announced as
 * `connection.reuse_detected`), or a name that is taken; `invalid` without any token.
 */
export async function importConnection(imported: ImportedTokens, ports: ConnectPorts): Promise<Connection> {
  const { accessToken, refreshToken, app } = imported;
  if (accessToken === undefined && refreshToken === undefined) {
    throw new KippuError(
      'invalid',
      'There is neither an access_token nor a refresh_token to import. Give at least one.',
    );
  }
  if (accessToken === undefined && app.provider.renewal !== undefined) {
    throw new KippuError(
      'invalid',
      `${app.provider.name} has no refresh tokens: what it renews is the access token. Give that one, while it lives.`,
      { where: 'access_token' },
    );
  }
  if (accessToken !== undefined && !isCarriable(accessToken)) {
    throw new KippuError(
      'invalid',
      'The access_token is in the wrong format: it has spaces, line ends or other characters that no header can carry. Give it exactly as the provider issued it.',
      { where: 'access_token' },
    );
  }
  await refuseKnownToken(imported, ports);
  const nowMs = ports.clock.nowMs();
  // Without a refresh token, an access token whose end nobody knows is trusted until it is refused.
  const isLiving = accessToken !== undefined && (imported.accessExpiresAtMs ?? Number.POSITIVE_INFINITY) > nowMs;
  const identity =
    imported.subject === undefined && isLiving && saysWho(app) ? await identify(app, accessToken, ports) : undefined;
  const isRefused = identity?.kind === 'token_refused';
  if (isRefused && refreshToken === undefined) {
    throw new KippuError(
      'invalid',
      `${app.provider.name} does not accept this access token, and there is no refresh token. Connect the account instead.`,
      {
        where: 'access_token',
      },
    );
  }
  const known = identity?.kind === 'known' ? identity : undefined;
  const attached = await attachTokens(
    {
      app,
      tokens: tokensOf(imported, { isAccessOver: accessToken === undefined || isRefused, nowMs }),
      owner: imported.owner,
      name: imported.name,
      connectionId: undefined,
      consentId: undefined,
      subject: imported.subject ?? known?.subject,
      handle: known?.handle,
      askedScopes: imported.scopes ?? [],
      grantedAtMs: nowMs,
      imported: true,
    },
    ports,
  );
  switch (attached.kind) {
    case 'attached':
      return attached.connection;
    case 'name_taken':
      throw new KippuError(
        'conflict',
        `The name ${imported.name} belongs to another connection. Choose another with --name.`,
        { where: 'name' },
      );
    case 'token_known':
      await reportReuse(imported, ports);
      throw knownToken(attached.spent);
  }
}

async function refuseKnownToken({ refreshToken }: ImportedTokens, ports: ConnectPorts): Promise<void> {
  if (refreshToken === undefined) return;
  const known = await ports.credentials.knownRefreshToken(ports.fingerprinter.fingerprint(refreshToken));
  if (known === undefined) return;
  await reportReuse({ refreshToken }, ports);
  throw knownToken(known.spent);
}

/** If it was spent here, only a copy can have been brought. */
async function reportReuse(
  { refreshToken }: Pick<ImportedTokens, 'refreshToken'>,
  { credentials, fingerprinter }: ConnectPorts,
): Promise<void> {
  if (refreshToken !== undefined) await credentials.reportReuse(fingerprinter.fingerprint(refreshToken), 'import');
}

function knownToken(spent: boolean): KippuError {
  const what = spent ? 'was spent here already; its successor is in this store' : 'is in this store already';
  return new KippuError(
    'conflict',
    `This refresh token ${what}. Nothing was imported; \`kippu connections\` lists what is there.`,
    { where: 'refresh_token' },
  );
}

async function identify(app: ProviderApp, accessToken: Secret, { http }: ConnectPorts): Promise<IdentityAnswer> {
  return readIdentity(app, await http.send(identityRequest(app, accessToken)));
}

/** Without an access token that is good, the first use renews. */
function tokensOf(
  imported: ImportedTokens,
  { isAccessOver, nowMs }: { readonly isAccessOver: boolean; readonly nowMs: number },
): TokenSet {
  return {
    accessToken: imported.accessToken ?? new Secret(''),
    tokenType: 'bearer',
    refreshToken: imported.refreshToken,
    idToken: imported.idToken,
    accessExpiresAtMs: isAccessOver ? nowMs : imported.accessExpiresAtMs,
    refreshExpiresAtMs: imported.refreshExpiresAtMs,
    scopes: imported.scopes,
    raw: new Secret(''),
  };
}
