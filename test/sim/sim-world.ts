import { createHash } from 'node:crypto';
import type { Random } from '../../src/model/random.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import {
  controlsOf,
  Simulator,
  simulate,
  type SimClient,
  type SimulateOptions,
  type Simulation,
  type SimulationControls,
  type SimulatorOptions,
} from '../../src/sim/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

export const REDIRECT = 'http://127.0.0.1:4180/callback/x';
export const VERIFIER = 'a-verifier-that-is-long-enough-for-the-rfc-to-be-content';
/** The secret has everything in it that form-encoding would change. */
export const CONFIDENTIAL: SimClient = {
  id: 'web-app',
  secret: 's3cret/+ %&=',
  redirectUris: [REDIRECT],
  appOnlyToken: 'app-only-token',
};
export const PUBLIC: SimClient = { id: 'native-app', redirectUris: [REDIRECT] };
export const SCOPES = 'tweet.read tweet.write users.read follows.read offline.access';

/** Whatever came back: the test says what it expects of it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Json;
}

type Send = (method: string, path: string, headers: Record<string, string>, body?: string) => Promise<Answer>;

/** An application at the simulated X, over whatever carries its requests. */
export class App {
  readonly send: Send;
  readonly client: SimClient;
  readonly controls: SimulationControls;

  constructor(send: Send, client: SimClient, controls: SimulationControls) {
    this.send = send;
    this.client = client;
    this.controls = controls;
  }

  as(client: SimClient): App {
    return new App(this.send, client, this.controls);
  }

  authorizationPath(changed: Record<string, string | undefined> = {}): string {
    const all = {
      response_type: 'code',
      client_id: this.client.id,
      redirect_uri: REDIRECT,
      scope: SCOPES,
      state: 'a-state',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
      ...changed,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return `/i/oauth2/authorize?${new URLSearchParams(given).toString()}`;
  }

  /** Consents and brings the code. */
  code(user = 'alice', changed: Record<string, string | undefined> = {}): string {
    const redirect = this.controls.consent(`https://x.com${this.authorizationPath(changed)}`, { user });
    return new URL(redirect).searchParams.get('code') ?? '';
  }

  token(form: Record<string, string>, headers: Record<string, string> = this.ownHeaders()): Promise<Answer> {
    const named =
      this.client.secret === undefined && headers['authorization'] === undefined
        ? { client_id: this.client.id, ...form }
        : form;
    return this.post('/2/oauth2/token', named, headers);
  }

  exchange(code: string, changed: Record<string, string> = {}): Promise<Answer> {
    return this.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
      ...changed,
    });
  }

  renew(refreshToken: string): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  async connect(user = 'alice', changed: Record<string, string | undefined> = {}): Promise<Json> {
    return (await this.exchange(this.code(user, changed))).json;
  }

  post(
    path: string,
    form: Record<string, string>,
    headers: Record<string, string> = this.ownHeaders(),
  ): Promise<Answer> {
    return this.send(
      'POST',
      path,
      { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      new URLSearchParams(form).toString(),
    );
  }

  call(method: string, path: string, accessToken: string, body?: unknown): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${accessToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return this.send(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
  }

  tweet(accessToken: string, text: string, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.call('POST', '/2/tweets', accessToken, { text, ...more });
  }

  ownHeaders(): Record<string, string> {
    return this.client.secret === undefined ? {} : { authorization: basic(this.client.id, this.client.secret) };
  }
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

export interface Served extends AsyncDisposable {
  readonly app: App;
  readonly sim: Simulation;
}

/** A real server on loopback; requests go by `fetch`. */
export async function served(options: SimulateOptions = {}): Promise<Served> {
  const sim = await simulate('x', { clients: [CONFIDENTIAL, PUBLIC], ...options });
  return { sim, app: new App(sendTo(sim.url), CONFIDENTIAL, sim), [Symbol.asyncDispose]: () => sim.close() };
}

export function sendTo(url: string): Send {
  return async (method, path, headers, body) => {
    const response = await fetch(url + path, {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    return answerOf(response.status, Object.fromEntries(response.headers), await response.text());
  };
}

export interface Direct {
  readonly app: App;
  readonly simulator: Simulator;
  readonly clock: VirtualClock;
}

/** A simulator in this process, on a clock that a test moves; every run draws the same chances. */
export function direct(options: Partial<SimulatorOptions> & { readonly provider?: Provider } = {}): Direct {
  const clock = new VirtualClock();
  const simulator = new Simulator({
    provider: xData,
    clock,
    random: seededRandom(),
    clients: [CONFIDENTIAL, PUBLIC],
    ...options,
  });
  return { simulator, clock, app: new App(sendInto(simulator), CONFIDENTIAL, controlsOf(simulator)) };
}

export function sendInto(simulator: Simulator): Send {
  return async (method, url, headers, body = '') => {
    const answer = simulator.handle({ method, url, headers, body });
    return answerOf(answer.status, answer.headers, answer.body);
  };
}

function answerOf(status: number, headers: Readonly<Record<string, string>>, text: string): Answer {
  return {
    status,
    headers,
    text,
    json: (headers['content-type'] ?? '').includes('json') ? JSON.parse(text) : undefined,
  };
}

export function seededRandom(seed = 'seed'): Random {
  let drawn = 0;
  const block = (): Buffer => createHash('sha256').update(`${seed}:${drawn++}`).digest();
  return {
    bytes: (count) => Buffer.concat(Array.from({ length: Math.ceil(count / 32) }, block)).subarray(0, count),
    unit: () => block().readUInt32BE() / 2 ** 32,
  };
}
