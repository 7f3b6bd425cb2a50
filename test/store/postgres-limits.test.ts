import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import pg from 'pg';
import { noFaults } from '../../src/app/ports/no-faults.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { systemRandom } from '../../src/app/ports/system-random.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { postgres } from '../../src/store/postgres/index.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import type { PostgresStore } from '../../src/store/postgres/store.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../notify/test-certificate.ts';
import { ELSEWHERE_CERTIFICATE, ELSEWHERE_KEY } from '../support/elsewhere-certificate.ts';
import { asAdministrator, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { APP, claimed, connected, stored, tokens } from '../support/store-samples.ts';
import { until } from './postgres-nodes.ts';

const clock = systemClock;
const outside = { clock, random: systemRandom, faults: noFaults };

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

describe('the way to a PostgreSQL', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'kippu-tls-'));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return encodeURIComponent(path);
  };
  const encryptedUrl = (authority?: string, host = 'localhost'): string => {
    const root = authority === undefined ? '' : `&sslrootcert=${file('root.pem', authority)}`;
    return `${server.url().replace('@127.0.0.1:', `@${host}:`)}&sslmode=verify-full${root}`;
  };

  it('is not taken unencrypted where encryption was asked for', async () => {
    const url = encryptedUrl(TEST_CERTIFICATE);
    await assert.rejects(postgres(url)(outside), { code: 'store_unavailable', message: /SSL/ });
  });

  it('is encrypted to a server whose certificate an authority of one’s own vouches for', async () => {
    await server.encryptWith({ certificate: TEST_CERTIFICATE, key: TEST_KEY });
    for (const host of ['localhost', '127.0.0.1']) {
      const url = encryptedUrl(TEST_CERTIFICATE, host);
      const store = await postgres(`${url}&application_name=tls_${host.length}`)(outside);
      assert.deepEqual((await store.connections.list({ limit: 1 })).items, []);
      const { rows } = await asAdministrator(url.replace('verify-full', 'disable'), (client) =>
        client.query(
          `select bool_and(s.ssl)::text as ssl, count(*)::int > 0 as some from pg_stat_ssl s
           join pg_stat_activity a using (pid) where a.application_name = 'tls_${host.length}'`,
        ),
      );
      assert.deepEqual(rows, [{ ssl: 'true', some: true }]);
      await store.close();
    }
  });

  it('is refused to a server that another authority vouches for, and to one that nobody does', async () => {
    await server.encryptWith({ certificate: TEST_CERTIFICATE, key: TEST_KEY });
    for (const authority of [ELSEWHERE_CERTIFICATE, undefined])
      await assert.rejects(postgres(encryptedUrl(authority))(outside), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'store_unavailable');
        assert.match(error.message, /certificate/);
        assert.doesNotMatch(error.message, /p(@|%40)ss/);
        return true;
      });
  });

  it('is refused to a server with another name, although its authority is the right one', async () => {
    await server.encryptWith({ certificate: ELSEWHERE_CERTIFICATE, key: ELSEWHERE_KEY });
    const url = encryptedUrl(ELSEWHERE_CERTIFICATE);
    await assert.rejects(postgres(url)(outside), { code: 'store_unavailable', message: /altnames|does not match/ });
  });

  it('with a certificate file that is not there, is not gone at all', async () => {
    const url = `${server.url()}&sslmode=verify-full&sslrootcert=/nowhere/root.pem`;
    await assert.rejects(postgres(url)(outside), { code: 'invalid', message: /sslrootcert/ });
  });
});

describe('patience with a PostgreSQL has an end', { timeout: 60_000 }, () => {
  const open: PostgresStore[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  });
  const opened = async (url: string): Promise<PostgresStore> => {
    const store = await openStoreAt(url, { clock });
    open.push(store);
    await store.home.registerApps([APP]);
    return store;
  };
  const schemaOf = (url: string): string => parseConnectionUrl(url).schema;

  it('a row that somebody holds is waited for five seconds, and then it is said', async () => {
    const url = server.url();
    const store = await opened(url);
    const alice = await connected(store, 'alice', clock.nowMs());
    await asAdministrator(url, async (client) => {
      await client.query(`begin; select 1 from ${schemaOf(url)}.credentials for update`);
      const sinceMs = performance.now();
      await assert.rejects(claimed(store, alice), { code: 'store_unavailable', message: /lock timeout/ });
      const tookMs = performance.now() - sinceMs;
      assert.ok(tookMs > 4500 && tookMs < 15_000, `${tookMs} ms`);
      await client.query('rollback');
    });
    assert.equal((await stored(store, alice)).fence, 0, 'nothing of it happened');
    await claimed(store, alice);
  });

  it('every transaction is limited on the server, for itself alone', async (test) => {
    const url = server.url();
    const seen: string[] = [];
    const { hosts, user, password, database } = parseConnectionUrl(url);
    const pool = new pg.Pool({ host: hosts[0]!.host, port: hosts[0]!.port, user, password, database });
    test.after(() => pool.end());
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (statement: { text: string }) => Promise<unknown>;
      Object.assign(client, {
        query: (statement: { text: string }) => {
          seen.push(statement.text);
          return query(statement);
        },
      });
    });
    const store = await postgres({ pool, schema: schemaOf(url), listens: false })(outside);
    await store.home.registerApps([APP]);
    seen.length = 0;
    const alice = await connected(store, 'alice', clock.nowMs());
    await claimed(store, alice);
    const begins = seen.filter((text) => text.startsWith('begin'));
    assert.ok(begins.length >= 2);
    for (const text of begins)
      for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
        assert.match(text, new RegExp(`set local ${limit} = [1-9]`));
    assert.deepEqual(
      seen.filter((text) => /^\s*(set (?!local)|prepare|listen|declare|create temp)|pg_advisory_lock\(/i.test(text)),
      [],
      'nothing outlives its transaction',
    );
    assert.deepEqual(
      seen.filter((text) => /notify/i.test(text)),
      [],
      'and nobody is told who cannot hear',
    );
    await store.close();
  });

  it('what is due and somebody else holds is passed over, not waited for', async () => {
    const url = server.url();
    const store = await opened(url);
    const nowMs = clock.nowMs();
    const [alice, bob] = [
      await connected(store, 'alice', nowMs, { dueAtMs: nowMs - 2 }),
      await connected(store, 'bob', nowMs, { dueAtMs: nowMs - 1 }),
    ];
    await asAdministrator(url, async (client) => {
      const held = `select 1 from ${schemaOf(url)}.credentials where connection_id = '${alice.id}' for update`;
      await client.query(`begin; ${held}`);
      const sinceMs = performance.now();
      assert.deepEqual(await store.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), [bob.id]);
      assert.ok(performance.now() - sinceMs < 3000);
      await client.query('rollback');
    });
    assert.deepEqual(await store.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), [alice.id]);
  });

  it('others are told after the commit, never in it, and once for many', async () => {
    const url = server.url();
    const store = await opened(url);
    const heard: string[] = [];
    await asAdministrator(url, async (client) => {
      client.on('notification', ({ payload = '' }) => heard.push(payload));
      await client.query(`listen "kippu ${schemaOf(url)}"`);
      const writes = Array.from({ length: 60 }, (_, n) => connected(store, `user${n}`, clock.nowMs()));
      await Promise.all(writes);
      await store.caughtUp();
      await until('it to be heard', async () => {
        await client.query('select 1');
        return heard.length > 0 ? true : undefined;
      });
      assert.ok(heard.length < 45, `${heard.length} notices of 60 writes`);
      const { rows } = await client.query(`select count(*)::int as n from ${schemaOf(url)}.connections`);
      assert.deepEqual(rows, [{ n: 60 }]);
    });
  });

  it('a commit whose acknowledgement was lost is not repeated: it is said that it is not known', async (test) => {
    const url = server.url();
    const { hosts, user, password, database } = parseConnectionUrl(url);
    const pool = new pg.Pool({ host: hosts[0]!.host, port: hosts[0]!.port, user, password, database });
    test.after(() => pool.end());
    let commits = 0;
    let isLost = false;
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (statement: { text: string }) => Promise<unknown>;
      const losing = async (statement: { text: string }): Promise<unknown> => {
        const result = await query(statement);
        if (!isLost || statement.text !== 'commit') return result;
        commits += 1;
        throw new Error('Connection terminated unexpectedly');
      };
      Object.assign(client, { query: losing });
    });
    const store = await postgres({ pool, schema: schemaOf(url), listens: false })(outside);
    await store.home.registerApps([APP]);
    isLost = true;
    await assert.rejects(connected(store, 'alice', clock.nowMs()), {
      code: 'store_unavailable',
      message: /whether it was written is not known/,
    });
    isLost = false;
    assert.equal(commits, 1);
    assert.equal((await store.connections.list({ limit: 9 })).items.length, 1, 'it was written');
    await store.close();
  });

  it('a cookie that was read as the latest while a renewal was being settled does not take its place', async () => {
    const url = server.url();
    const store = await opened(url);
    const id = 'ses_alice' as ConnectionId;
    const facts = { provider: 'x', providerAppId: APP.id, subject: 's', handle: 'alice', scopes: [], grantedAtMs: 5 };
    const nowMs = clock.nowMs();
    const entry = { id, ...facts, version: 1, tokens: tokens('alice 1', nowMs), endsAtMs: nowMs + 1e9 };
    await store.ledger.enter(entry);
    await store.ledger.forget({ presentedBeforeMs: nowMs + 60_000, endedBeforeMs: 0, limit: 9 });
    assert.equal((await store.ledger.read(id))?.holdsTokens, false);
    await asAdministrator(url, async (client) => {
      await client.query(`begin; update ${schemaOf(url)}.credentials set version = 2, refresh_fingerprint = 'newer'`);
      const entering = store.ledger.enter(entry);
      await until('it to wait', async () => {
        const { rows } = await client.query('select 1 from pg_stat_activity where wait_event_type = $1', ['Lock']);
        return rows.length > 0 ? true : undefined;
      });
      await client.query('commit');
      await entering;
    });
    const credential = await stored(store, { id });
    assert.deepEqual([credential.version, credential.refreshFingerprint], [2, 'newer']);
  });

  it('a pool that is used up makes everybody wait his turn, and nobody fail', async () => {
    const store = await opened(`${server.url()}&connections=1&listen=off`);
    const users = await Promise.all(Array.from({ length: 20 }, (_, n) => connected(store, `user${n}`, clock.nowMs())));
    const claims = await Promise.all(users.map((user) => claimed(store, user)));
    assert.equal(new Set(claims.map(({ attemptId }) => attemptId)).size, 20);
  });
});
