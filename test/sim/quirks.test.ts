import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE, type Provider } from '../../src/providers/index.ts';
import { xData } from '../../src/providers/data/x.ts';
import { QUIRKS } from '../../src/sim/quirks.ts';
import { basic, direct, PUBLIC, REDIRECT, type App, type Json } from './sim-world.ts';

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
  scopesReordered: async (app) => {
    const { scope } = await exchange(app);
    return scope !== 'tweet.read users.read offline.access' && scope !== '';
  },
  errorsArriveAs200: async (app) =>
    (await app.token({ grant_type: 'refresh_token', refresh_token: 'unknown' })).status === 200,
  answersAsForm: async (app) => {
    const { headers } = await app.token({ grant_type: 'refresh_token', refresh_token: 'unknown' });
    return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  },
  refreshLifetimeAnswered: async (app) => (await exchange(app)).refresh_token_expires_in === 180 * 86_400,
  permissionsNotScopes: async (app) => (await exchange(app)).scope === '',
  deviceFlowWithoutSecret: async (app) => {
    const without = app.as({ id: PUBLIC.id });
    return (await without.exchange(without.code())).json?.access_token === undefined;
  },
  looseRequests: async (app) => {
    const path = app.authorizationPath({ response_type: undefined, state: undefined, code_challenge: undefined });
    return (await app.send('GET', path, {})).status === 200;
  },
  parametersAnywhere: async (app) => {
    const body = JSON.stringify({ grant_type: 'refresh_token', refresh_token: 'unknown' });
    const headers = { ...app.ownHeaders(), 'content-type': 'application/json' };
    const { json } = await app.send('POST', '/2/oauth2/token', headers, body);
    return json.error_description === 'Value passed for the token was invalid.';
  },
  errorsInObject: async (app) => {
    const { json } = await app.token({ grant_type: 'refresh_token', refresh_token: 'unknown' });
    return json.error.message === 'Value passed for the token was invalid.';
  },
  codeEndsInFragment: async (app) =>
    app.controls.consent(`https://x.com${app.authorizationPath()}`, { user: 'alice' }).endsWith('#_'),
  clientIdIsClientKey: async (app) => {
    const path = app.authorizationPath({ client_id: undefined, client_key: SIMPLE.id });
    return (await app.send('GET', path, {})).status === 200;
  },
  requestsAsJson: async (app) => {
    const form = { grant_type: 'refresh_token', refresh_token: 'unknown' };
    const headers = { ...app.ownHeaders(), 'content-type': 'application/json' };
    const asJson = await app.send('POST', '/2/oauth2/token', headers, JSON.stringify(form));
    const asForm = await app.token(form);
    const isRead = ({ json }: { readonly json: Json }) =>
      json.error_description === 'Value passed for the token was invalid.';
    assert.notEqual(isRead(asJson), isRead(asForm), 'exactly one of the two ways is right');
    return isRead(asJson);
  },
  callbackAtRenewal: async (app) => {
    const { refresh_token: refreshToken } = await exchange(app);
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
    const foreign = await app.token({ ...form, redirect_uri: `${REDIRECT}/elsewhere` });
    if (foreign.json.access_token !== undefined) return false;
    const named = await app.token({ ...form, redirect_uri: REDIRECT });
    return (await app.renew(named.json.refresh_token)).json.access_token !== undefined;
  },
  refreshLifetimeShortName: async (app) => (await exchange(app)).refresh_expires_in === 180 * 86_400,
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
  return direct({ provider, clients: [ODD, SIMPLE, PUBLIC] }).app.as(SIMPLE);
}

async function exchange(one: App): Promise<Json> {
  return (await one.exchange(one.code('alice', { scope: 'tweet.read users.read offline.access' }))).json;
}
