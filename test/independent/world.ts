import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { CATALOGUE, type Provider } from '../../src/providers/index.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';

export const REDIRECT = 'http://127.0.0.1:4180/callback/app';
/** Nothing in it changes by form-encoding, as in the secrets that providers give out as hexadecimal digits. */
export const PLAIN_APP = { id: 'app17', secret: '5ecre7of32hexadecimald1g1t5ormore' };
/** Everything that form-encoding changes. */
export const AWKWARD_APP = { id: 'app17', secret: 's3cret/+ %&=~' };

export interface App {
  readonly id: string;
  /** Absent: a public client. */
  readonly secret?: string;
}

/** A simulated provider, and a road to it for clients that know only the real provider's addresses. */
export class IndependentWorld implements AsyncDisposable {
  readonly sim: Simulation;
  readonly provider: Provider;
  readonly app: App;

  private constructor(sim: Simulation, provider: Provider, app: App) {
    this.sim = sim;
    this.provider = provider;
    this.app = app;
  }

  static async open(id: string, app: App = PLAIN_APP): Promise<IndependentWorld> {
    const provider = CATALOGUE.find((one) => one.id === id);
    assert.ok(provider !== undefined, id);
    const sim = await simulate(provider, { clients: [{ ...app, redirectUris: [REDIRECT] }] });
    return new IndependentWorld(sim, provider, app);
  }

  /** For a client whose transport can be given: any address becomes the simulator's, path and query stay. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const body = request.body === null ? {} : { body: await request.arrayBuffer() };
    return this.#send(this.sim.url + pathname + search, {
      method: request.method,
      headers: request.headers,
      redirect: 'manual',
      ...body,
    });
  };

  /** Taken before anybody diverts the global one. */
  readonly #send = globalThis.fetch;

  /** For a client whose transport is the runtime's own: as long as the test runs, all of it goes to the simulator. */
  divert(t: TestContext): void {
    t.mock.method(globalThis, 'fetch', this.fetch);
  }

  /** Where the simulator plays an endpoint. */
  at(url: string | undefined): string {
    assert.ok(url !== undefined, `${this.provider.name} has no such endpoint`);
    return this.sim.url + new URL(url).pathname;
  }

  /** Opens the consent page as a browser does and presses one of its buttons. Gives the address that the browser is sent to. */
  async decide(authorizationUrl: string | URL, decision: 'allow' | 'deny' = 'allow', user = 'alice'): Promise<URL> {
    const page = await this.fetch(authorizationUrl);
    const text = await page.text();
    assert.equal(page.status, 200, `${page.headers.get('location')} ${text}`);
    const [, action] = /<form method="post" action="([^"]+)"/.exec(text) ?? [];
    const [, consent] = /name="consent" value="([^"]+)"/.exec(text) ?? [];
    assert.ok(action !== undefined && consent !== undefined, text);
    const body = new URLSearchParams({ consent, user, decision });
    const answer = await this.fetch(new URL(action, this.sim.url), { method: 'POST', body });
    return new URL(answer.headers.get('location') ?? '');
  }

  /** Types a device's code on the page that its answer names. */
  async typeCode(page: string, userCode: string, decision: 'allow' | 'deny' = 'allow'): Promise<void> {
    const body = new URLSearchParams({ user_code: userCode, user: 'alice', decision });
    const answer = await this.fetch(page, { method: 'POST', body });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** What the resource API says to an access token. */
  async isAlive(accessToken: string): Promise<boolean> {
    const { path, method = 'GET', headers = {} } = this.provider.identity;
    const authorization = `Bearer ${accessToken}`;
    const answer = await this.fetch(this.sim.url + path, { method, headers: { ...headers, authorization } });
    assert.ok(answer.status === 200 || answer.status === 401, `${answer.status} ${await answer.text()}`);
    return answer.status === 200;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sim.close();
  }
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
}

/** What all of the clients do, each in its own way. */
export interface Client {
  /** Whether it looks at what the browser brings back: the state, and an error. */
  readonly readsCallback: boolean;
  /** Whether it knows PKCE. */
  readonly hasPkce: boolean;
  authorizationUrl(): Promise<string | URL>;
  exchange(back: URL, changed?: { readonly verifier: string }): Promise<Tokens>;
  renew(refreshToken: string): Promise<Tokens>;
  /** Absent: the client, or the provider, knows no revocation. */
  revoke?(token: string): Promise<unknown>;
  /** The OAuth error that the client read from an answer: from what it threw, in the way it documents. */
  errorOf(thrown: unknown): unknown;
}

export interface Errors {
  readonly code: string;
  readonly verifier: string;
  readonly refreshToken: string;
}

export const RFC_ERRORS: Errors = { code: 'invalid_grant', verifier: 'invalid_grant', refreshToken: 'invalid_grant' };
export const X_ERRORS: Errors = {
  code: 'invalid_request',
  verifier: 'invalid_request',
  refreshToken: 'invalid_request',
};
export const GITHUB_ERRORS: Errors = {
  code: 'bad_verification_code',
  verifier: 'bad_verification_code',
  refreshToken: 'bad_refresh_token',
};

/** The life of a grant: refused and given, exchanged once, renewed, and ended. */
export async function liveThrough(world: IndependentWorld, client: Client, errors: Errors = RFC_ERRORS): Promise<void> {
  await refuseConsent(world, client);
  await refuseVerifier(world, client, errors);
  const back = await world.decide(await client.authorizationUrl());
  const first = await client.exchange(back);
  assert.ok(await world.isAlive(first.access));
  assert.ok(first.refresh !== undefined, 'a refresh token came with the consent');
  await fails(client, client.exchange(back), errors.code);
  const second = await renew(world, client, first, errors);
  await end(world, client, second, errors);
}

async function refuseConsent(world: IndependentWorld, client: Client): Promise<void> {
  const denied = await world.decide(await client.authorizationUrl(), 'deny');
  assert.equal(denied.searchParams.get('error'), 'access_denied');
  if (client.readsCallback) await fails(client, client.exchange(denied), 'access_denied');
}

async function refuseVerifier(world: IndependentWorld, client: Client, errors: Errors): Promise<void> {
  if (!client.hasPkce) return;
  const back = await world.decide(await client.authorizationUrl());
  await fails(
    client,
    client.exchange(back, { verifier: 'another-verifier-of-forty-three-characters-0' }),
    errors.verifier,
  );
}

async function renew(world: IndependentWorld, client: Client, first: Tokens, errors: Errors): Promise<Tokens> {
  const { refresh } = world.provider;
  const renewed = await client.renew(first.refresh ?? '');
  assert.notEqual(renewed.access, first.access);
  assert.ok(await world.isAlive(renewed.access));
  assert.equal(await world.isAlive(first.access), !refresh.renewalKillsAccess, 'the access token before');
  if (refresh.rotation === 'reusable') {
    // A refresh token that stays may be presented again, whether another one came or not.
    assert.ok(await world.isAlive((await client.renew(first.refresh ?? '')).access));
    return { access: renewed.access, refresh: renewed.refresh ?? first.refresh };
  }
  assert.ok(renewed.refresh !== undefined && renewed.refresh !== first.refresh, 'the refresh token is another one');
  await fails(client, client.renew(first.refresh ?? ''), errors.refreshToken);
  assert.equal(world.sim.state().counts.presentedTwice, 1);
  // Whoever renewed keeps what he got.
  return client.renew(renewed.refresh);
}

async function end(world: IndependentWorld, client: Client, last: Tokens, errors: Errors): Promise<void> {
  assert.ok(last.refresh !== undefined);
  if (client.revoke === undefined) world.sim.removeApp('alice');
  else await client.revoke(last.refresh);
  assert.equal(await world.isAlive(last.access), false);
  await fails(client, client.renew(last.refresh), errors.refreshToken);
  // RFC 7009, section 2.2: a token that is gone already is no error.
  await client.revoke?.(last.refresh);
}

export async function fails(client: Client, work: Promise<unknown>, error: string): Promise<void> {
  const thrown = await work.then(
    () => assert.fail(`it should have failed with ${error}`),
    (reason: unknown) => reason,
  );
  assert.equal(client.errorOf(thrown), error, String(thrown));
}
