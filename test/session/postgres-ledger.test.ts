import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { createSession } from '../../src/app/session/create-session.ts';
import type { Session } from '../../src/app/session/session.ts';
import { x } from '../../src/providers/index.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { postgres } from '../../src/store/postgres/index.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { until } from '../store/postgres-nodes.ts';
import { KEYS } from './session-world.ts';

const SITE = 'http://127.0.0.1:3000';
/** Access tokens live three seconds. */
const FAST = 2400;

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

it('two instances of an application at one PostgreSQL, each on its own, spend a cookie once', async () => {
  const url = server.url();
  const directory = mkdtempSync(join(tmpdir(), 'kippu-ledger-'));
  const sim = await simulate('x', { fast: FAST });
  const instances = ['one', 'two'].map((name) =>
    createSession({
      publicUrl: SITE,
      keys: KEYS,
      providers: [x({ clientId: 'app', baseUrl: sim.url })],
      ledger: postgres(url),
      home: join(directory, name),
    }),
  );
  try {
    const cookie = await signedIn(instances[0]!, sim);
    await until('the token to be over', async () =>
      sim.state().tokens.some(({ kind, expiresAtMs }) => kind === 'access' && (expiresAtMs ?? 0) <= sim.state().nowMs)
        ? true
        : undefined,
    );
    const asked = Array.from({ length: 30 }, (_, n) => instances[n % 2]!.getAccessToken(requestWith(cookie)));
    const answers = await Promise.all(asked);
    assert.equal(new Set(answers.map(({ accessToken }) => accessToken)).size, 1);
    assert.equal(new Set(answers.map(({ setCookies }) => setCookies.join('\n'))).size, 1);
    assert.equal(sim.state().counts.renewals, 1);
    assert.deepEqual(
      sim.state().tokens.filter(({ kind, reuses }) => kind === 'refresh' && reuses > 0),
      [],
    );
    await instances[1]!.handler(logout(cookie));
    await assert.rejects(instances[0]!.getAccessToken(requestWith(cookie)), { code: 'unauthenticated' });
  } finally {
    await Promise.all(instances.map((instance) => instance.close()));
    await sim.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

async function signedIn(session: Session, sim: Simulation): Promise<string> {
  const departure = await session.handler(new Request(`${SITE}/auth/login/x`));
  const back = sim.consent(departure.headers.get('location') ?? '', { user: 'alice' });
  const flow = cookiesOf(departure);
  return cookiesOf(await session.handler(new Request(back, { headers: { cookie: flow } })));
}

/** What a browser would send back, without what it was told to drop. */
function cookiesOf(response: Response): string {
  const kept = response.headers.getSetCookie().filter((line) => !line.includes('1970'));
  return kept.map((line) => line.split(';')[0]).join('; ');
}

function requestWith(cookie: string): Request {
  return new Request(SITE, { headers: { cookie } });
}

function logout(cookie: string): Request {
  return new Request(`${SITE}/auth/logout`, { method: 'POST', headers: { cookie, origin: SITE } });
}
