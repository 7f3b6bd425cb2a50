import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { sendResponse, toNodeHandler, toRequest } from '../../src/node.ts';
import type { Session, SessionOptions } from '../../src/session.ts';
import { SessionWorld } from './session-world.ts';

/** Parts of a path that decode to nothing. */
const MALFORMED = ['%', '%zz', '%E3%81', 'x%', '%C0%AF', '%ff'] as const;

describe('the handler of cookie mode, asked by anybody', () => {
  let world: SessionWorld;
  beforeEach(() => {
    world = new SessionWorld();
  });
  afterEach(() => world.close());

  it('finds nothing under a path that decodes to nothing, on every route', async () => {
    const session = world.process();
    for (const route of ['login', 'callback', 'logout', 'session', '%'])
      for (const part of MALFORMED)
        for (const method of ['GET', 'POST']) {
          const { status } = await world.browser().ask(session, `/auth/${route}/${part}`, { method });
          assert.ok([404, 405].includes(status), `${method} ${route}/${part} gave ${status}`);
          if (method === 'GET' && route !== 'logout') assert.equal(status, 404, `${route}/${part}`);
        }
  });

  it('a provider’s name that is merely encoded is still found', async () => {
    assert.equal((await world.browser().ask(world.process(), '/auth/login/%78')).status, 303);
  });

  it('what nobody foresaw is a page that says nothing of it, and a line in the log', async () => {
    const { log, lines } = logged();
    const session = world.process({ log, ledger: () => Promise.reject(new TypeError('the disk of secrets')) });
    const response = await world.browser().ask(session, '/auth/login/x');
    const text = await response.text();
    assert.equal(response.status, 500);
    assert.match(response.headers.get('cache-control') ?? '', /no-store/);
    assert.doesNotMatch(text, /secrets|TypeError|at /);
    assert.deepEqual(response.headers.getSetCookie(), []);
    assert.match(lines.join(), /the disk of secrets/);
  });

  it('so it is for a death in the middle of a sign-in, and without a log', async () => {
    const session = world.process();
    const alice = world.browser();
    const answer = world.provider.controls.consent(await alice.depart(session), { user: 'alice' });
    world.diesAt = 'consent.answered';
    assert.equal((await alice.comeBack(session, answer)).status, 500);
  });

  it('a store that cannot be reached now, and a session that is closed, are for later', async () => {
    const session = world.process();
    await session.close();
    const response = await world.browser().ask(session, '/auth/session');
    assert.equal(response.status, 503);
    assert.match(await response.text(), /Try again/);
  });

  it('a wrong configuration is the same page: whoever visits could not mend it', async () => {
    for (const wrong of [{ publicUrl: 'nowhere' }, { keys: undefined }, { ledger: undefined }]) {
      const response = await world.browser().ask(world.process(wrong), '/auth/login/x');
      assert.equal(response.status, 500);
      assert.doesNotMatch(await response.text(), /publicUrl|key ring|ledger/);
    }
  });

  /** A plain server ends with its process at the first promise that rejects: the test would fail with it. */
  for (const [name, listener] of [
    ['through toNodeHandler', (session: Session): RequestListener => toNodeHandler(session.handler)],
    [
      'by a listener of one’s own',
      (session: Session): RequestListener =>
        (req, res) =>
          void session.handler(toRequest(req)).then((response) => sendResponse(response, res)),
    ],
  ] as const) {
    it(`a plain node:http server ${name} lives on, whatever is asked`, async () => {
      const broken: Partial<SessionOptions> = { ledger: () => Promise.reject(new Error('no disk')) };
      for (const [session, usual] of [
        [world.process(), [404, 405]],
        [world.process(broken), [500]],
      ] as const) {
        const server = createServer(listener(session)).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        for (const path of MALFORMED.flatMap((part) => [`login/${part}`, `callback/${part}`, part])) {
          const { status } = await fetch(`${origin}/auth/${path}`);
          assert.ok((usual as readonly number[]).includes(status), `${path} gave ${status}`);
        }
        server.close();
        server.closeAllConnections();
      }
    });
  }
});

function logged(): { readonly log: NonNullable<SessionOptions['log']>; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (chunk: Buffer, _: string, done: () => void): void => {
    lines.push(chunk.toString());
    done();
  };
  return { log: pino({ level: 'trace' }, new Writable({ write })), lines };
}
