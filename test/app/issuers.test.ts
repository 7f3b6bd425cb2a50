import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { connectApp } from '../../src/app/without-user.ts';
import { findApp } from '../../src/app/connections.ts';
import type { IssuerRegistration } from '../../src/app/issuers/registration.ts';
import { openApp, type App, type Outside } from '../../src/app/open.ts';
import { noFaults } from '../../src/app/ports/no-faults.ts';
import { DAY_MS } from '../../src/model/clock.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import { Secret } from '../../src/model/secret.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { plain } from '../support/made-up-providers.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';
import { isCode } from '../support/world.ts';

const ISSUER = 'https://issuer.example';
const DOWN: HttpAnswer = { kind: 'not_sent', cause: 'connect', detail: 'refused' };

const registration: IssuerRegistration = {
  id: 'acme',
  name: 'Acme',
  issuer: ISSUER,
  options: { clientId: 'c', clientSecret: new Secret('s') },
};

/** A server that describes itself, or does not, and that gives out app-only tokens. */
class AcmeServer implements HttpClient {
  isDown = false;
  isSilent = false;
  document: Record<string, unknown> = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` };
  readonly asked: string[] = [];

  async send({ url }: HttpRequest): Promise<HttpAnswer> {
    this.asked.push(url);
    if (this.isSilent) return new Promise(() => undefined);
    if (this.isDown) return DOWN;
    if (url.includes('/.well-known/')) return jsonAnswer(200, this.document);
    return jsonAnswer(200, { access_token: `token-of-${url}`, token_type: 'bearer', expires_in: 3600 });
  }

  get readings(): number {
    return this.asked.filter((url) => url.includes('/.well-known/')).length;
  }
}

/** A data directory in which one process follows another. */
class World implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'kippu-issuers-'));
  readonly clock = new VirtualClock();
  readonly server = new AcmeServer();

  async start(registrations: readonly IssuerRegistration[] = [registration]): Promise<App> {
    const outside: Outside = {
      clock: this.clock,
      random: seededRandom('issuers'),
      http: this.server,
      faults: noFaults,
    };
    return openApp({
      openStore: (ports) => openSqliteStore({ path: join(this.home, 'kippu.db'), ...ports, migrates: true }),
      keys: {
        given: new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`),
        prefersFile: false,
        isProduction: true,
      },
      home: this.home,
      apps: [providerApp(plain, { clientId: 'other', clientSecret: new Secret('s') })],
      issuers: registrations,
      publicUrl: 'http://127.0.0.1:4180',
      returnUrls: [],
      timing: DEFAULT_TIMING,
      log: pino({ level: 'silent' }),
      outside,
    });
  }

  get kept(): string {
    return join(this.home, 'issuers', 'acme.json');
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true });
  }
}

function tokenUrl(app: App): string {
  return findApp('acme', app).endpoints.token;
}

test('a provider that describes itself can be used as soon as it is started', async () => {
  using world = new World();
  const app = await world.start();
  assert.equal(tokenUrl(app), `${ISSUER}/token`);
  assert.equal(app.issuers.problemOf('acme'), undefined);
  assert.equal((await connectApp({ provider: 'acme' }, app)).name, 'acme:app');
  await app.close();
});

test('while it is down, all else works, and whoever asks for it hears what is the matter', async () => {
  using world = new World();
  world.server.isDown = true;
  const app = await world.start();
  assert.throws(
    () => findApp('acme', app),
    (error) => isCode('unavailable')(error) && error instanceof Error && /refused/.test(error.message),
  );
  assert.equal(findApp('plain', app).provider.id, 'plain');
  world.server.isDown = false;
  await world.clock.advance(29_000);
  await app.issuers.tend();
  assert.throws(() => findApp('acme', app), 'it is not asked in a loop');
  await world.clock.advance(2_000);
  await app.issuers.tend();
  assert.equal(tokenUrl(app), `${ISSUER}/token`);
  assert.equal(app.issuers.problemOf('acme'), undefined);
  await app.close();
});

test('one that does not answer holds up a start for five seconds and no longer', async () => {
  using world = new World();
  world.server.isSilent = true;
  const starting = world.start();
  while (world.server.asked.length === 0) await settle();
  await world.clock.advance(4_999);
  await world.clock.advance(1);
  const app = await starting;
  assert.match(app.issuers.problemOf('acme') ?? '', /has not answered yet/);
  await app.close();
});

test('the last description is kept: a start while the server is down uses it, and asks nobody', async () => {
  using world = new World();
  await (await world.start()).close();
  world.server.isDown = true;
  const before = world.server.readings;
  const app = await world.start();
  assert.equal(tokenUrl(app), `${ISSUER}/token`);
  assert.equal(world.server.readings, before);
  await app.close();
});

test('it is read again after a day, and a token endpoint that has moved is followed', async () => {
  using world = new World();
  const app = await world.start();
  const { id } = findApp('acme', app);
  world.server.document = { issuer: ISSUER, token_endpoint: `${ISSUER}/v2/token` };
  await world.clock.advance(DAY_MS - 1);
  await app.issuers.tend();
  assert.equal(tokenUrl(app), `${ISSUER}/token`);
  await world.clock.advance(1);
  await app.issuers.tend();
  assert.equal(tokenUrl(app), `${ISSUER}/v2/token`);
  assert.equal(findApp('acme', app).id, id, 'its connections stay its own');
  await app.close();
});

const SPOILT: readonly (readonly [string, (server: AcmeServer) => void])[] = [
  ['cannot be reached', (server) => (server.isDown = true)],
  ['names another issuer', (server) => (server.document = { ...server.document, issuer: 'https://evil.example' })],
  [
    'sends tokens unencrypted',
    (server) => (server.document = { ...server.document, token_endpoint: 'http://issuer.example/t' }),
  ],
  ['lost its token endpoint', (server) => (server.document = { issuer: ISSUER })],
];

for (const [what, spoil] of SPOILT) {
  test(`a description that ${what} when it is read again changes nothing, and is said`, async () => {
    using world = new World();
    const app = await world.start();
    const { id } = await connectApp({ provider: 'acme' }, app);
    const kept = readFileSync(world.kept, 'utf8');
    spoil(world.server);
    await world.clock.advance(DAY_MS);
    await app.issuers.tend();
    assert.equal(tokenUrl(app), `${ISSUER}/token`);
    assert.notEqual(app.issuers.problemOf('acme'), undefined);
    assert.equal((await app.store.connections.find(id))?.state, 'active');
    assert.equal(readFileSync(world.kept, 'utf8'), kept);
    const before = world.server.readings;
    await world.clock.advance(DAY_MS / 24 - 1);
    await app.issuers.tend();
    assert.equal(world.server.readings, before, 'it is asked again in an hour');
    await app.close();
  });
}

const OF_ANOTHER = {
  issuer: 'https://other.example',
  readAtMs: Date.parse('2026-11-21T00:00:00Z'),
  metadata: { issuer: 'https://other.example', token_endpoint: 'https://other.example/token' },
};

test('what was kept for another issuer, or is damaged, is not used', async () => {
  using world = new World();
  await (await world.start()).close();
  for (const text of ['{', '{}', 'null', JSON.stringify(OF_ANOTHER)]) {
    writeFileSync(world.kept, text);
    const before = world.server.readings;
    const app = await world.start();
    assert.equal(world.server.readings, before + 1, text);
    assert.equal(tokenUrl(app), `${ISSUER}/token`);
    await app.close();
  }
});

test('of several that ask at the same moment, all get one reading', async () => {
  using world = new World();
  const app = await world.start();
  await world.clock.advance(DAY_MS);
  const before = world.server.readings;
  await Promise.all([app.issuers.tend(), app.issuers.tend(), app.issuers.tend()]);
  assert.equal(world.server.readings, before + 1);
  await app.close();
});

test('the pauses between questions to a server that was never read grow to ten minutes', async () => {
  using world = new World();
  world.server.isDown = true;
  const app = await world.start();
  const startMs = world.clock.nowMs();
  const asked: number[] = [];
  for (let seconds = 0; seconds < 3_600; seconds += 10) {
    const before = world.server.readings;
    await app.issuers.tend();
    if (world.server.readings > before) asked.push((world.clock.nowMs() - startMs) / 1000);
    await world.clock.advance(10_000);
  }
  assert.deepEqual(asked.slice(0, 6), [30, 90, 210, 450, 930, 1530]);
  await app.close();
});
