import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKippu, KippuError } from '../../src/index.ts';
import { appAt, defineProvider } from '../../src/providers/index.ts';
import { simulate } from '../../src/sim/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';

const acme = defineProvider({
  id: 'acme',
  name: 'Acme',
  endpoints: { token: 'https://acme.example/token' },
  identity: { path: '/me' },
  apiKey: { header: 'X-Api-Key', scheme: '' },
});

test('in the library: an app-only connection that calls its API, and a static key with its header and its date', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kippu-library-'));
  await using sim = await simulate(acme, { clients: [{ id: 'c', secret: 's' }] });
  const app = appAt(acme, { clientId: 'c', clientSecret: 's', baseUrl: sim.url });
  const store = sqlite(join(home, 'kippu.db'));
  const kippu = createKippu({ publicUrl: 'http://127.0.0.1:4180', store, providers: [app], home, worker: false });
  try {
    assert.equal((await kippu.connectApp({ provider: 'acme', scopes: ['read'] })).name, 'acme:app');
    const me = await kippu.fetch('acme:app', '/me');
    assert.deepEqual(await me.json(), { sub: 'c', preferred_username: 'app' });

    const expiresAt = Date.now() + 86_400_000;
    const { name } = await kippu.importApiKey({ provider: 'acme', apiKey: 'k-1', expiresAt });
    const token = await kippu.getAccessToken(name);
    assert.deepEqual([token.accessToken, token.tokenType, token.header], ['k-1', 'ApiKey', 'X-Api-Key']);
    assert.equal(token.expiresAt, expiresAt);
    const refused = kippu.getAccessToken(name, { refused: 'k-1' });
    await assert.rejects(refused, (error) => error instanceof KippuError && error.code === 'refused');
    await assert.rejects(kippu.connectApp({ provider: 'nobody' }), { code: 'not_found' });
  } finally {
    await kippu.close();
    rmSync(home, { recursive: true });
  }
});
