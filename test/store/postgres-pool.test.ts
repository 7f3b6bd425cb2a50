import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { createKippu, KippuError } from '../../src/index.ts';
import { x } from '../../src/providers/index.ts';
import { simulate } from '../../src/sim/index.ts';
import { postgres, type GivenPool } from '../../src/store/postgres/index.ts';
import { App, sendTo } from '../sim/sim-world.ts';
import { PostgresServer } from '../support/postgres-server.ts';

const PATIENCE_MS = 60_000;

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

function poolOf(max: number | undefined, url = server.url()): pg.Pool {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  const login = { user: decodeURIComponent(user), password: decodeURIComponent(password) };
  const pool = new pg.Pool({
    ...{ ...login, host, port: Number(port), database: pathname.slice(1) },
    ...(max === undefined ? {} : { max }),
  });
  pool.on('error', () => undefined);
  return pool;
}

describe('a pool of the application’s own', () => {
  it('of one connection is refused at once: the one that listens would be all there is', () => {
    assert.throws(
      () => postgres({ pool: poolOf(1) }),
      (error) => {
        assert.ok(error instanceof KippuError);
        assert.deepEqual([error.code, error.where], ['invalid', 'pool']);
        assert.match(error.message, /max of 2 or more, or say listens: false/);
        return true;
      },
    );
  });

  it('that is none, or an address in a field of another name, is refused in words', () => {
    for (const wrong of [undefined, null, {}, { url: 'postgres://u:canary@h/d' }, { pool: 'canary' }, 5])
      assert.throws(
        () => postgres(wrong as unknown as GivenPool),
        (error) => error instanceof KippuError && error.where === 'pool' && !error.message.includes('canary'),
      );
  });

  for (const [what, max, listens] of [
    ['two connections', 2, true],
    ['one connection, when nobody listens', 1, false],
    ['as many as it has by itself', undefined, true],
  ] as const)
    it(`of ${what} does everything`, { timeout: PATIENCE_MS }, async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'kippu-pool-'));
      await using sim = await simulate('x');
      const pool = poolOf(max);
      const schema = `pool_${max ?? 'usual'}`;
      const kippu = createKippu({
        publicUrl: 'http://127.0.0.1:4180',
        store: postgres({ pool, schema, listens }),
        providers: [x({ clientId: 'app', baseUrl: sim.url })],
        home: directory,
      });
      try {
        const brought = await new App(sendTo(sim.url), { id: 'app' }, sim).connect('alice');
        const [accessToken, refreshToken] = [String(brought['access_token']), String(brought['refresh_token'])];
        await kippu.importTokens({ provider: 'x', accessToken, refreshToken });
        const renewed = await kippu.renew('x:alice');
        assert.equal(renewed.renewals, 1);
        const all = await Promise.all(Array.from({ length: 8 }, () => kippu.getAccessToken('x:alice')));
        assert.equal(new Set(all.map((token) => token.accessToken)).size, 1);
        assert.equal((await kippu.post('x:alice', 'Over one connection.')).status, 'published');
        assert.equal((await kippu.revoke('x:alice')).state, 'revoked');
      } finally {
        await kippu.close();
        await pool.end();
        rmSync(directory, { recursive: true });
      }
    });
});
