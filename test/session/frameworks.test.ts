import assert from 'node:assert/strict';
import { request as sendRequest, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import type { Session } from '../../src/session.ts';
import { sessionIn } from '../../src/app/session/create-session.ts';
import { SYSTEM } from '../../src/app/ports/real-world.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { HOUR_MS } from '../../src/model/clock.ts';
import { x } from '../../src/providers/index.ts';
import { freePort } from '../support/free-port.ts';
import { FRAMEWORKS, type Framework } from './frameworks.ts';

/** Cookie mode inside the real frameworks, as an application mounts it, on real sockets. */
for (const framework of FRAMEWORKS) {
  describe(`cookie mode in ${framework.name}`, () => {
    it('signs a user in, with each cookie in a header of its own', async (t) => {
      const { ask, sim, cookies } = await Site.start(t, framework);
      const departure = await ask('GET', '/auth/login/x?return_to=/in');
      assert.equal(departure.status, 303);
      const arrival = await ask('GET', sim.consent(departure.location, { user: 'alice' }));
      assert.equal(arrival.status, 303);
      assert.equal(arrival.setCookies.length, 2, 'the session, and the end of the sign-in');
      assert.ok(
        arrival.setCookies.every((line) => /^kippu-[^=]+=[^,]*; Path=\/; HttpOnly; SameSite=Lax(;|$)/.test(line)),
      );
      assert.deepEqual(
        [...cookies.keys()].filter((name) => name.startsWith('kippu-login-')),
        [],
      );
      assert.equal((await signedIn(ask)).length, 1);
    });

    it('gives a route of the application the token and the form that the framework has read', async (t) => {
      const { ask, signIn } = await Site.start(t, framework);
      await signIn('alice');
      const posted = await ask('POST', '/post', { form: 'text=Hello+there' });
      assert.deepEqual([posted.status, posted.text], [200, 'alice: Hello there']);
    });

    it('sends the cookies of a renewal, and gives nothing to a page of another site', async (t) => {
      const { ask, signIn, sim, cookies, advance } = await Site.start(t, framework);
      await signIn('alice');
      const before = new Map(cookies);
      advance(3 * HOUR_MS);
      const posted = await ask('POST', '/post', { form: 'text=a' });
      assert.equal(posted.status, 200);
      assert.equal(sim.state().counts.renewals, 1);
      assert.equal(posted.setCookies.length, 1);
      assert.notDeepEqual(new Map(cookies), before);
      const foreign = await ask('POST', '/post', { form: 'text=a', headers: { origin: 'https://evil.example' } });
      assert.equal(foreign.status, 403);
    });

    it('signs out, whatever the framework did with the body', async (t) => {
      const { ask, signIn } = await Site.start(t, framework);
      for (const form of ['', 'why=enough']) {
        await signIn('alice');
        const foreign = await ask('POST', '/auth/logout', { form, headers: { 'sec-fetch-site': 'cross-site' } });
        assert.equal(foreign.status, 403);
        assert.equal((await signedIn(ask)).length, 1);
        const left = await ask('POST', '/auth/logout?return_to=/bye', { form });
        assert.equal(left.status, 303);
        assert.deepEqual(await signedIn(ask), []);
      }
    });

    it('believes no header about where it is', async (t) => {
      const { ask, signIn, url } = await Site.start(t, framework);
      const headers = {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
        forwarded: 'host=evil.example;proto=https',
      };
      const departure = await ask('GET', '/auth/login/x', { headers });
      assert.equal(new URL(departure.location).searchParams.get('redirect_uri'), `${url}/auth/callback/x`);
      assert.ok(
        departure.setCookies.every((line) => line.startsWith('kippu-login-')),
        'http: without the prefix',
      );
      await signIn('alice');
      const left = await ask('POST', '/auth/logout', { form: '', headers });
      assert.equal(left.location, `${url}/`);
    });

    it('begins nothing for HEAD, and knows what is not there', async (t) => {
      const { ask } = await Site.start(t, framework);
      const head = await ask('HEAD', '/auth/login/x');
      assert.deepEqual([head.status, head.setCookies, head.text], [405, [], '']);
      assert.equal((await ask('GET', '/auth/logout')).status, 405);
      assert.equal((await ask('GET', '/auth/nowhere')).status, 404);
      assert.equal((await ask('GET', '/auth/login/nobody')).status, 404);
    });

    it('outlives a client that goes away before its answer', async (t) => {
      const { ask, sim, cookies, url } = await Site.start(t, framework);
      const departure = await ask('GET', '/auth/login/x');
      const callback = sim.consent(departure.location, { user: 'alice' });
      sim.faults.delayNextAnswer('token', 300);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const req = sendRequest(callback, { headers: { cookie } }).end();
      req.on('error', () => undefined);
      await until(() => sim.state().tokens.length > 0);
      req.destroy();
      assert.deepEqual(await signedIn(ask), []);
      // The code is spent; another sign-in is not in its way.
      assert.equal((await fetch(`${url}/auth/session`)).status, 200);
    });

    it('says nothing of its inside when something breaks', async (t) => {
      const { ask, session } = await Site.start(t, framework);
      await session.close();
      const broken = await ask('GET', '/auth/session');
      assert.equal(broken.status, 503);
      assert.doesNotMatch(broken.text, /\.ts\b|node_modules|\bat /);
    });
  });
}

async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; looks < 500 && !isSo(); looks += 1) await sleep(10);
  assert.ok(isSo());
}

interface Asking {
  readonly form?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly setCookies: readonly string[];
  readonly text: string;
}

type Ask = (method: string, target: string, asking?: Asking) => Promise<Answer>;

async function signedIn(ask: Ask): Promise<unknown[]> {
  const { text } = await ask('GET', '/auth/session');
  return (JSON.parse(text) as { readonly signed_in: unknown[] }).signed_in;
}

interface SiteParts {
  readonly url: string;
  readonly sim: Simulation;
  readonly session: Session;
  readonly calendar: { aheadMs: number };
}

/** A site in one of the frameworks, with one browser that keeps cookies and follows nothing by itself. */
class Site {
  readonly url: string;
  readonly sim: Simulation;
  readonly session: Session;
  readonly cookies = new Map<string, string>();

  readonly #calendar: { aheadMs: number };

  private constructor({ url, sim, session, calendar }: SiteParts) {
    this.url = url;
    this.sim = sim;
    this.session = session;
    this.#calendar = calendar;
  }

  static async start(t: TestContext, { listen }: Framework): Promise<Site> {
    const sim = await simulate('x', { clients: [{ id: 'app', secret: 'secret' }] });
    t.after(() => sim.close());
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const calendar = { aheadMs: 0 };
    const clock = { ...systemClock, nowMs: () => Date.now() + calendar.aheadMs };
    const session = sessionIn(
      {
        publicUrl: url,
        keys: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
        providers: [x({ clientId: 'app', clientSecret: 'secret', baseUrl: sim.url })],
        ledger: 'memory',
      },
      { ...SYSTEM, clock },
    );
    const close = await listen(session, port);
    t.after(async () => {
      await close();
      await session.close();
    });
    return new Site({ url, sim, session, calendar });
  }

  readonly ask: Ask = async (method, target, { form, headers = {} } = {}) => {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const length = form === undefined ? {} : { 'content-length': String(Buffer.byteLength(form)) };
    const req = sendRequest(new URL(target, this.url), { method, headers: { cookie, ...type, ...length, ...headers } });
    req.end(form);
    const [res] = (await once(req, 'response')) as [
      AsyncIterable<Buffer> & { statusCode?: number; headers: IncomingHttpHeaders },
    ];
    const chunks: Buffer[] = [];
    for await (const chunk of res) chunks.push(chunk);
    const setCookies = res.headers['set-cookie'] ?? [];
    for (const line of setCookies) this.#keep(line);
    const { location = '' } = res.headers;
    return { status: res.statusCode ?? 0, location, setCookies, text: Buffer.concat(chunks).toString() };
  };

  readonly advance = (ms: number): void => {
    this.#calendar.aheadMs += ms;
    this.sim.advance(ms);
  };

  readonly signIn = async (user: string): Promise<void> => {
    const { location } = await this.ask('GET', '/auth/login/x');
    const { status } = await this.ask('GET', this.sim.consent(location, { user }));
    assert.equal(status, 303);
  };

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const expires = attributes.find((attribute) => attribute.startsWith('Expires='))?.slice('Expires='.length);
    if (expires !== undefined && Date.parse(expires) <= Date.now()) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
