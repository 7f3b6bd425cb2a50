import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { basicHeader } from '../../src/protocol/client-authentication.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { QuirkName } from '../../src/providers/quirks.ts';
import { plain } from '../support/made-up-providers.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const DAY_MS = 86_400_000;

interface Story {
  /** What the provider is like besides. */
  readonly provider?: Partial<Provider>;
  readonly world?: WorldOptions;
  /** What can be seen of the quirk in a world whose provider has it. */
  readonly tell: (world: World, alice: ConnectionId) => Promise<void>;
}

/** The whole life of a grant: a renewal, and the end that its user makes. */
async function renewedAndEnded(world: World, alice: ConnectionId): Promise<void> {
  await world.wait('2h');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
  world.provider.removeApp('alice');
  await world.wait('2h');
  assert.equal((await world.node().renewNow(alice)).kind, 'reauth_required');
}

/** The simulator answers with the life that the data say: it is an answer with another one that shows who is believed. */
function endsAsAnswered(field: string): Story {
  return {
    provider: { refresh: { ...plain.refresh, idleMs: 30 * DAY_MS } },
    async tell(world, alice) {
      await world.wait('2h');
      const tokens = { access_token: 'a', refresh_token: 'r', token_type: 'bearer', expires_in: 3600 };
      world.provider.script(({ url }) =>
        url.endsWith('/token') ? jsonAnswer(200, { ...tokens, [field]: 86_400 }) : undefined,
      );
      await world.node().accessToken(alice);
      const { refreshIdleEndsAtMs, refreshAbsoluteEndsAtMs } = (await world.node().look.credentials.read(alice)) ?? {};
      const ends = [refreshIdleEndsAtMs, refreshAbsoluteEndsAtMs].filter((end) => end !== undefined);
      assert.equal(Math.min(...ends), world.clock.nowMs() + DAY_MS);
    },
  };
}

/** Every quirk, each alone at a provider that else keeps to the RFCs. One without a story does not compile. */
const STORIES: Readonly<Record<QuirkName, Story>> = {
  basicWithoutEncoding: {
    world: { app: { clientSecret: new Secret('a:b+c/d%') } },
    async tell({ app }) {
      const sent = basicHeader(app, new Secret('a:b+c/d%')).replace('Basic ', '');
      assert.equal(Buffer.from(sent, 'base64').toString(), `${app.clientId}:a:b+c/d%`);
    },
  },
  lowerCaseTokenType: {
    async tell(world, alice) {
      const renewal = await world.node().getToken(alice);
      assert.ok(renewal.kind === 'served' && renewal.tokens.tokenType === 'bearer');
    },
  },
  scopesReordered: {
    async tell(world, alice) {
      const { scopes } = await world.connection(alice);
      assert.deepEqual(scopes.toSorted(), ['offline_access', 'read']);
    },
  },
  errorsArriveAs200: { tell: renewedAndEnded },
  answersAsForm: { tell: renewedAndEnded },
  refreshLifetimeAnswered: endsAsAnswered('refresh_token_expires_in'),
  refreshLifetimeShortName: endsAsAnswered('refresh_expires_in'),
  permissionsNotScopes: {
    async tell(world, alice) {
      assert.deepEqual((await world.connection(alice)).scopes, []);
    },
  },
  deviceFlowWithoutSecret: {
    provider: {
      endpoints: {
        ...plain.endpoints,
        deviceCode: 'https://auth.plain.example/device',
        devicePage: 'https://auth.plain.example/code',
      },
      clientAuth: { confidential: 'body' },
    },
    async tell(world) {
      const device = await world.device();
      device.allow('bob');
      await world.advance('10s');
      await device.connection();
      const asked = world.provider.sent.filter(({ form }) => form.has('device_code'));
      assert.ok(asked.length > 0 && asked.every(({ form }) => !form.has('client_secret')));
    },
  },
  looseRequests: {
    async tell(world) {
      const browser = world.browser();
      const { searchParams } = new URL(await browser.open(await browser.begin()));
      for (const name of ['response_type', 'state', 'code_challenge']) assert.ok(searchParams.has(name), name);
    },
  },
  parametersAnywhere: {
    async tell(world) {
      const sent = world.provider.sentTo('/token');
      assert.ok(sent.length > 0 && sent.every(({ form }) => form.has('grant_type')));
    },
  },
  errorsInObject: { tell: renewedAndEnded },
  codeEndsInFragment: {
    async tell(world) {
      const browser = world.browser();
      const back = browser.allow(await browser.open(await browser.begin()), 'bob');
      assert.match(back, /#_$/);
      // As a client reads it that takes the fragment for a part of the query.
      const finished = await browser.comeBack(back.replace('#_', '').replace(/code=[^&]*/, '$&%23_'));
      assert.equal(finished.kind, 'connected');
    },
  },
  clientIdIsClientKey: {
    async tell(world, alice) {
      await renewedAndEnded(world, alice);
      const browser = world.browser();
      const { searchParams } = new URL(await browser.open(await browser.begin()));
      assert.deepEqual([searchParams.get('client_key'), searchParams.has('client_id')], [world.app.clientId, false]);
    },
  },
  requestsAsJson: { tell: renewedAndEnded },
  callbackAtRenewal: {
    async tell(world, alice) {
      await renewedAndEnded(world, alice);
      assert.ok(world.provider.presentations.every(({ form }) => form.has('redirect_uri')));
    },
  },
};

describe('a provider with one quirk, and Kippu beside it:', () => {
  for (const [quirk, { provider, world: options, tell }] of Object.entries(STORIES)) {
    it(quirk, async () => {
      const odd = { ...plain, ...provider, quirks: { [quirk]: true } };
      await using world = await createWorld({ provider: odd, ...options });
      await tell(world, await world.connect('alice'));
    });
  }
});
