import { statfsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { App } from '../../src/app/open.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { ProviderApp } from '../../src/providers/provider-app.ts';
import type { Bench } from '../measure/bench.ts';
import { moduleOf, type Installed } from './installed.ts';
import { CLIENT } from './provider.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BATCH = 10_000;

export interface Filling {
  readonly connections: number;
  /** Where the app's provider is. */
  readonly providerUrl: string;
  /** How many of them have an access token that ended, the first ones. Default none. */
  readonly ended?: number;
  /** How many are due since a while, the first ones; the others are due in the coming days. Default none. */
  readonly due?: number;
}

export interface FilledStore {
  /** A file of SQLite, or the URL of a PostgreSQL. */
  readonly database: string;
  readonly home: string;
  /** In the order of their numbers. */
  readonly ids: readonly ConnectionId[];
}

export function isPostgres(database: string): boolean {
  return database.startsWith('postgres:');
}

/** The app that the connections belong to. */
export async function appAt(installed: Installed, providerUrl: string): Promise<ProviderApp> {
  const { x } = await moduleOf(installed, 'providers');
  return x({ clientId: CLIENT.id, clientSecret: CLIENT.secret, baseUrl: providerUrl });
}

/** The name of a connection by its number. */
export function nameOf(number: number): string {
  return `x:user${number}`;
}

/**
 * A store with many connections, each with tokens that are sealed as the product seals them and open as such. Only the
 * inserting is ours: consents one by one would take hours. The file was not synced while it was written.
 */
export async function fillStore(bench: Bench, filling: Filling): Promise<FilledStore> {
  const folder = bench.folder();
  checkRoom(folder, filling.connections);
  const database = path.join(folder, 'kippu.db');
  const home = path.join(folder, 'home');
  const app = await openEmpty(bench.installed, { database, home, providerUrl: filling.providerUrl });
  const db = new DatabaseSync(database);
  try {
    db.exec('pragma synchronous = off; pragma cache_size = -200000; pragma foreign_keys = off');
    return { database, home, ids: await insertAll(db, app, filling, bench) };
  } finally {
    db.close();
    await app.close();
  }
}

/** Sealed tokens, the row around them, its indexes, and the log that SQLite writes first: twice what it comes to. */
const BYTES_EACH = 4000;

/** A disk that is full would be everybody's trouble. Throws before anything is written. */
function checkRoom(folder: string, connections: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const [free, needed] = [bavail * bsize, connections * BYTES_EACH];
  if (free > needed) return;
  throw new Error(
    `${folder} has ${Math.round(free / 1e6)} MB left, and this row may need ${Math.round(needed / 1e6)} MB.`,
  );
}

/** Its schema, its key ring and its provider app are made by the product. */
async function openEmpty(
  installed: Installed,
  { database, home, providerUrl }: { readonly database: string; readonly home: string; readonly providerUrl: string },
): Promise<App> {
  const { openApp } = await moduleOf(installed, 'open');
  const { appOptionsOf } = await moduleOf(installed, 'options');
  const { SYSTEM } = await moduleOf(installed, 'world');
  const { sqlite } = await moduleOf(installed, 'sqlite');
  const providers = [await appAt(installed, providerUrl)];
  const options = { publicUrl: 'http://127.0.0.1:4180', store: sqlite(database), providers, home };
  return openApp(appOptionsOf(options, SYSTEM));
}

async function insertAll(db: DatabaseSync, app: App, filling: Filling, bench: Bench) {
  const sealedRow = await rowSealer(app, bench.installed, filling);
  const { newId } = await moduleOf(bench.installed, 'ids');
  // In the order of the table, so that a page is written once and not a hundred times.
  const ids = Array.from({ length: filling.connections }, () => newId('con', app.options.outside.random)).sort();
  const insertConnection = db.prepare(INSERT_CONNECTION);
  const insertCredential = db.prepare(INSERT_CREDENTIAL);
  for (let first = 0; first < ids.length; first += BATCH) {
    db.exec('begin');
    for (const [at, id] of ids.slice(first, first + BATCH).entries()) {
      const { connection, credential } = sealedRow(id, first + at);
      insertConnection.run(connection);
      insertCredential.run(credential);
    }
    db.exec('commit');
    if (first > 0 && first % 250_000 === 0) bench.say(`${first.toLocaleString('en')} connections are written`);
  }
  db.exec('pragma wal_checkpoint(truncate); analyze');
  return ids;
}

const INSERT_CONNECTION = `
  insert into connections (id, name, provider, provider_app_id, owner, subject, handle, state, scopes, policy, metadata,
    granted_at_ms, jitter, created_at_ms)
  values (:id, :name, :provider, :appId, :owner, :subject, :handle, 'active', :scopes, 'on-use', '{}', :grantedAtMs, :jitter,
    :grantedAtMs)`;

const INSERT_CREDENTIAL = `
  insert into credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
    refresh_fingerprint, access_issued_at_ms, access_expires_at_ms, access_refused_at_ms, refresh_absolute_ends_at_ms,
    refresh_idle_ends_at_ms, due_at_ms)
  values (:id, 1, 1, 0, :generation, :sealed, :accessFingerprint, :refreshFingerprint, :accessIssuedAtMs,
    :accessExpiresAtMs, null, :refreshAbsoluteEndsAtMs, :refreshIdleEndsAtMs, :dueAtMs)`;

async function rowSealer(app: App, installed: Installed, { ended = 0, due = 0 }: Filling) {
  const { sealTokens } = await moduleOf(installed, 'tokens');
  const { tokenParams } = await moduleOf(installed, 'rows');
  const { Secret } = await moduleOf(installed, 'secret');
  const providerApp = [...app.apps.values()][0];
  if (providerApp === undefined) throw new TypeError('The store was opened without a provider app.');
  const { random } = app.options.outside;
  const nowMs = Date.now();
  const scopes = ['tweet.read', 'tweet.write', 'users.read', 'offline.access'];
  const secret = Buffer.from(random.bytes(24)).toString('base64url');
  return (id: ConnectionId, number: number) => {
    const [access, refresh] = ['a', 'r'].map((kind) => `${kind}${secret}${number}`.padEnd(90, kind)) as [
      string,
      string,
    ];
    // An hour more: what is good now is good until the bench is done.
    const issuedAtMs = number < ended ? nowMs - 3 * HOUR_MS : nowMs;
    const raw = { token_type: 'bearer', expires_in: 7200, access_token: access, scope: scopes.join(' ') };
    const tokens = {
      accessToken: new Secret(access),
      tokenType: 'bearer',
      refreshToken: new Secret(refresh),
      idToken: undefined,
      accessExpiresAtMs: issuedAtMs + 2 * HOUR_MS,
      refreshExpiresAtMs: undefined,
      scopes,
      raw: new Secret(JSON.stringify({ ...raw, refresh_token: refresh })),
    };
    // What is due is due at once; what is not, on one of the next sixty days, as the ends of real grants are.
    const dueAtMs = number < due ? nowMs - HOUR_MS + number : nowMs + DAY_MS + ((number * 7919) % 60) * DAY_MS + number;
    const home = {
      ...{ connectionId: id, owner: `owner${number % 1000}`, app: providerApp, restsOn: 'consent' as const },
      ...{ keptRefreshToken: undefined, grantedAtMs: issuedAtMs, nowMs: issuedAtMs, dueAtMs },
    };
    const connection = {
      ...{ id, name: nameOf(number), provider: providerApp.provider.id, appId: providerApp.id, owner: home.owner },
      ...{ subject: `${10_000_000 + number}`, handle: `user${number}`, scopes: JSON.stringify(scopes) },
      ...{ grantedAtMs: issuedAtMs, jitter: random.unit() },
    };
    const sealed = sealTokens(tokens, home, { ...app.renewal });
    return { connection, credential: { id, ...tokenParams(sealed) } };
  };
}
