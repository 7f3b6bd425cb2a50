import type { Connection, RenewalPolicy } from '../model/connection.ts';
import { RENEWAL_POLICIES } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { hasIdForm, type ConnectionId } from '../model/ids.ts';
import { randomText } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import { importConnection } from '../connect/import.ts';
import { bindingOf } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { revoke } from '../renewal/revoke.ts';
import { identifyImported } from './identify.ts';
import { findConnection } from './find-connection.ts';
import type { App } from './open.ts';

/**
 * Throws `not_found` for a provider that is unknown or not configured, saying how to configure it, and `unavailable` for
 * one that has not described itself yet.
 */
export function findApp(provider: string, { apps, issuers }: App): ProviderApp {
  const app = [...apps.values()].find((candidate) => candidate.provider.id === provider);
  if (app !== undefined) return app;
  const problem = issuers.problemOf(provider);
  if (problem !== undefined)
    throw new KippuError('unavailable', `The provider ${provider} cannot be used yet: ${problem}`, {
      where: '/provider',
    });
  const configured = [...apps.values()].map((candidate) => candidate.provider.id).join(', ');
  throw new KippuError(
    'not_found',
    `The provider ${provider} is not configured${configured === '' ? '' : ` (configured: ${configured})`}. Set KIPPU_${provider.toUpperCase()}_CLIENT_ID.`,
    { where: '/provider' },
  );
}

export interface ConnectionPatch {
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  readonly policy?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Throws `not_found`, `conflict` (name taken, or a renewal is in flight), `invalid`. */
export async function updateConnection(idOrName: string, patch: ConnectionPatch, app: App): Promise<Connection> {
  const { id } = await findConnection(idOrName, app);
  const policy = patch.policy === undefined ? undefined : parsePolicy(patch.policy);
  if (patch.name !== undefined) checkName(patch.name);
  if (patch.owner !== undefined) await changeOwner(id, patch.owner, app);
  const updated = await app.store.connections.update(id, {
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.metadata === undefined ? {} : { metadata: patch.metadata }),
    // A new policy has its next moment worked out at once.
    ...(policy === undefined ? {} : { policy, dueAtMs: app.options.outside.clock.nowMs() }),
  });
  if (updated === 'name_taken')
    throw new KippuError('conflict', `The name ${patch.name} belongs to another connection.`, { where: '/name' });
  return findConnection(id, app);
}

/** Ends a connection at the provider and here. Throws what {@link revoke} throws. */
export async function revokeConnection(
  idOrName: string,
  { localOnly }: { readonly localOnly: boolean },
  app: App,
): Promise<Connection> {
  const { id } = await findConnection(idOrName, app);
  await revoke(id, { atProvider: !localOnly }, app.renewal);
  app.tokens.forget(id);
  return findConnection(id, app);
}

/** What another program hands over, as `kippu import` reads it. */
export interface ImportRequest {
  readonly provider: string;
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  readonly access_token?: string | undefined;
  readonly refresh_token?: string | undefined;
  readonly id_token?: string | undefined;
  /** ISO 8601, or seconds since the epoch. */
  readonly expires_at?: string | number | undefined;
  readonly expires_in?: number | undefined;
  readonly refresh_token_expires_at?: string | number | undefined;
  readonly scope?: string | undefined;
  readonly subject?: string | undefined;
}

/** Throws `invalid`, `conflict`, `not_found`. */
export async function importTokens(request: ImportRequest, app: App): Promise<Connection> {
  const provider = findApp(request.provider, app);
  if (request.name !== undefined) checkName(request.name);
  const nowMs = app.options.outside.clock.nowMs();
  const secret = (text: string | undefined): Secret | undefined =>
    text === undefined || text === '' ? undefined : new Secret(text);
  const inMs = request.expires_in === undefined ? undefined : nowMs + request.expires_in * 1000;
  const connection = await importConnection(
    {
      app: provider,
      owner: request.owner ?? '',
      name: request.name,
      accessToken: secret(request.access_token),
      refreshToken: secret(request.refresh_token),
      idToken: secret(request.id_token),
      accessExpiresAtMs: parseInstant(request.expires_at, '/expires_at') ?? inMs,
      refreshExpiresAtMs: parseInstant(request.refresh_token_expires_at, '/refresh_token_expires_at'),
      scopes: request.scope?.split(/[\s,]+/).filter((scope) => scope !== ''),
      subject: request.subject,
    },
    app.connect,
  );
  return identifyImported(connection, { isNamed: request.name !== undefined }, app);
}

export function parseInstant(value: string | number | undefined, where: string): number | undefined {
  if (value === undefined || value === '') return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(String(value));
  // Seconds since the epoch have ten digits; thirteen are milliseconds, and mean the year 50,000 if nobody looks.
  if (Number.isFinite(ms) && ms < 1e14) return ms;
  throw new KippuError(
    'invalid',
    `"${value}" is no instant. Give ISO 8601, as in 2026-11-21T09:00:00Z, or seconds since the epoch.`,
    { where },
  );
}

function parsePolicy(text: string): RenewalPolicy {
  const policy = RENEWAL_POLICIES.find((candidate) => candidate === text);
  if (policy !== undefined) return policy;
  throw new KippuError('invalid', `"${text}" is no renewal policy. Choose ${RENEWAL_POLICIES.join(' or ')}.`, {
    where: '/policy',
  });
}

const NAME_CHARS_MAX = 100;

/** A name stands where an id may: it must not look like one, and must fit into a path. */
export function checkName(name: string): void {
  if (name.length > 0 && name.length <= NAME_CHARS_MAX && !hasIdForm('con', name) && /^[^\s/?#%]+$/.test(name)) return;
  throw new KippuError(
    'invalid',
    `"${name}" cannot be a connection's name. Use up to ${NAME_CHARS_MAX} characters without spaces or any of / ? # %, as in x:alice.`,
    {
      where: '/name',
    },
  );
}

/** The tokens are sealed for their owner: for another one they are sealed anew, while nothing is in flight. */
async function changeOwner(id: ConnectionId, owner: string, app: App): Promise<void> {
  const credential = await app.store.credentials.read(id);
  const provider = credential === undefined ? undefined : app.apps.get(credential.providerAppId);
  if (credential === undefined || credential.owner === owner) return;
  if (provider === undefined)
    throw new KippuError('misconfigured', `${credential.name} belongs to a provider app that is not configured.`);
  const from = bindingOf({ connectionId: id, owner: credential.owner, app: provider }, credential.generation);
  const generation = randomText(app.options.outside.random, 12);
  const sealed = app.vault.seal(
    bindingOf({ connectionId: id, owner, app: provider }, generation),
    app.vault.open(from, credential.sealed),
  );
  if (await app.store.connections.changeOwner({ id, version: credential.version, owner, sealed, generation })) return;
  throw new KippuError(
    'conflict',
    `${credential.name} is being renewed at the moment, so its owner cannot change. Try again in a moment.`,
  );
}
