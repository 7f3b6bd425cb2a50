import { assertNever } from '../model/assert-never.ts';
import { MINUTE_MS } from '../model/clock.ts';
import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import type { ConnectionId } from '../model/ids.ts';
import type { TokenSet } from '../model/token-set.ts';
import { classifyAppOnly } from '../protocol/classify-app-only.ts';
import { newProofKey } from '../protocol/dpop.ts';
import { sendAsClient } from '../protocol/signed-request.ts';
import { tokenRequest } from '../protocol/token-request.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { attachTokens } from './attach.ts';
import type { ConnectPorts } from './ports.ts';

const ANSWER_TIMEOUT_MS = MINUTE_MS;

export interface AppOnlyWish {
  readonly app: ProviderApp;
  readonly owner: string;
  readonly name: string | undefined;
  /** Asked for as they are; none: whatever the provider gives by itself. */
  readonly scopes: readonly string[];
  /** Asked for anew, perhaps with other scopes, in the place of what this one has. */
  readonly connectionId: ConnectionId | undefined;
}

/**
 * Connects the app itself, without a user (client credentials, RFC 6749, section 4.4): there is nobody to send anywhere,
 * and nothing that a lost answer could have spent.
 *
 * Throws `misconfigured` for an app with neither secret nor key and for what the provider refuses, `unavailable` without an answer,
 * `conflict` for a name that is taken.
 */
export async function connectAppOnly(wish: AppOnlyWish, ports: ConnectPorts): Promise<Connection> {
  const { app } = wish;
  refuseWithoutMeans(app);
  const tokens = await askForToken(wish, ports);
  const attached = await attachTokens(
    {
      app,
      tokens,
      owner: wish.owner,
      name: wish.name,
      connectionId: wish.connectionId,
      consentId: undefined,
      subject: undefined,
      handle: undefined,
      askedScopes: wish.scopes,
      grantedAtMs: ports.clock.nowMs(),
      imported: false,
      restsOn: 'app',
    },
    ports,
  );
  if (attached.kind === 'attached') return attached.connection;
  throw new KippuError(
    'conflict',
    `The name ${wish.name} belongs to another connection. Choose another with --name, or name that one with --connection.`,
    { where: 'name' },
  );
}

/** RFC 6749, section 4.4: only an app that can prove who it is may have a token of its own. */
function refuseWithoutMeans({ provider, endpoints, clientSecret, clientKey }: ProviderApp): void {
  const id = provider.id.toUpperCase().replaceAll('-', '_');
  if (provider.appOnly === undefined || endpoints.token === '')
    throw new KippuError(
      'misconfigured',
      `${provider.name} gives an app no token of its own: users connect, or an API key is imported.`,
    );
  if (clientSecret !== undefined || clientKey !== undefined) return;
  throw new KippuError(
    'misconfigured',
    `${provider.name} gives an app-only token to no app without a secret. Set KIPPU_${id}_CLIENT_SECRET` +
      `${provider.clientAuth.privateKeyJwt === undefined ? '' : `, or KIPPU_${id}_PRIVATE_KEY`}.`,
  );
}

async function askForToken({ app, scopes }: AppOnlyWish, ports: ConnectPorts): Promise<TokenSet> {
  const { dpop } = app.provider;
  // Of this connection alone, as with a user's: each renewal proves it again.
  const proofKey = dpop === undefined ? undefined : await newProofKey(dpop);
  const request = tokenRequest(app, { kind: 'client_credentials', scopes }, ANSWER_TIMEOUT_MS);
  const askedAtMs = ports.clock.nowMs();
  const answer = await sendAsClient(request, { app, proofKey }, ports);
  const outcome = classifyAppOnly(answer, app.provider, askedAtMs);
  switch (outcome.kind) {
    case 'renewed':
      return { ...outcome.tokens, proofKey };
    case 'misconfigured':
      throw new KippuError(
        'misconfigured',
        `${app.provider.name} gives this app no token of its own: ${outcome.error}. Compare client id, secret or key, and scopes, ` +
          'and whether the app may use client credentials, with its settings there.',
      );
    case 'unavailable':
      throw new KippuError(
        'unavailable',
        `${app.provider.name} gave no token: ${outcome.error}. Nothing was spent by asking; try again.`,
        outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs },
      );
    case 'rejected':
    case 'unanswered':
      throw new TypeError(`An app-only request cannot end as ${outcome.kind}.`);
    default:
      return assertNever(outcome);
  }
}
