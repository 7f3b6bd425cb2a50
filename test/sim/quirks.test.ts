import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE, type Provider } from '../../src/providers/index.ts';
import { xData } from '../../src/providers/data/x.ts';
import { QUIRKS } from '../../src/sim/quirks.ts';
import { basic, direct, type App, type Json } from './sim-world.ts';

const PLAIN: Provider = { ...xData, quirks: {} };
const SIMPLE = { id: 'app', secret: 'secret' };
/** Form-encoding changes every part of it. */
const ODD = { id: 'an app', secret: 'a secret+&' };

/** What shows on the wire that a quirk is on; the table is over all quirks, as the simulator's own is. */
const SHOWN: Record<keyof typeof QUIRKS, (app: App) => Promise<boolean>> = {
  basicWithoutEncoding: async (app) => {
    const status = async (id: string, secret: string) =>
      (await app.token({ grant_type: 'refresh_token', refresh_token: 'x' }, { authorization: basic(id, secret) }))
        .status;
    const [raw, encoded] = [await status(ODD.id, ODD.secret), await status('an+app', 'a+secret%2B%26')];
    assert.notEqual(raw === 401, encoded === 401, 'exactly one of the two ways is right');
    return raw !== 401;
  },
  lowerCaseTokenType: async (app) => (await exchange(app)).token_type === 'bearer',
  scopesReordered: async (app) => (await exchange(app)).scope !== 'tweet.read users.read offline.access',
};

for (const name of Object.keys(SHOWN) as (keyof typeof SHOWN)[]) {
  test(`${name} is played where the provider has it, and the RFC where it has not`, async () => {
    assert.equal(await SHOWN[name](app({ ...PLAIN, quirks: { [name]: true } })), true);
    assert.equal(await SHOWN[name](app(PLAIN)), false);
  });
}

test('each quirk has a provider', () => {
  for (const name of Object.keys(QUIRKS))
    assert.ok(
      CATALOGUE.some((provider) => (provider.quirks as Record<string, unknown>)[name] === true),
      name,
    );
});

function app(provider: Provider): App {
  return direct({ provider, clients: [ODD, SIMPLE] }).app.as(SIMPLE);
}

async function exchange(one: App): Promise<Json> {
  return (await one.exchange(one.code('alice', { scope: 'tweet.read users.read offline.access' }))).json;
}
