import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, it, type TestContext } from 'node:test';
import { createSession, type Session } from '../../src/session.ts';
import { toNodeHandler, type NodeHandler, type WebHandler } from '../../src/node.ts';
import { x } from '../../src/providers/index.ts';
import { KEYS } from '../session/session-world.ts';
import { packageOf } from './example.ts';

/** As much of Express as is used here; its types are the example's. */
interface Express {
  (): ExpressApp;
  json(): NodeHandler;
  urlencoded(options: { readonly extended: boolean }): NodeHandler;
}
interface ExpressApp {
  use(path: string, ...handlers: readonly NodeHandler[]): void;
  set(name: string, value: unknown): void;
  listen(port: number, host: string): Server;
}

let express: Express;

describe('a web handler in the real Express', () => {
  before(async () => {
    express = (await packageOf('express-github', 'express')) as Express;
  });

  it('sends each of its cookies as a header of its own, beside those of Express', async (t) => {
    const headers = new Headers([
      ['set-cookie', 'one=1; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT'],
      ['set-cookie', 'two=2; Path=/'],
    ]);
    const first: NodeHandler = (_, res, next) => {
      res.setHeader('set-cookie', 'express=0');
      next?.();
    };
    const url = await serve(
      t,
      first,
      toNodeHandler(() => new Response('hello', { headers })),
    );
    const answer = await fetch(`${url}/auth/session`);
    assert.deepEqual(answer.headers.getSetCookie(), ['express=0', ...headers.getSetCookie()]);
  });

  for (const [type, body] of [
    ['application/x-www-form-urlencoded', 'a=1&b=2+3'],
    ['application/json', '{"a":"1","b":"2 3"}'],
  ] as const) {
    it(`gets a body that Express has read already: ${type}`, async (t) => {
      const url = await serve(
        t,
        ...readers(),
        toNodeHandler(async (request) => new Response(await request.text())),
      );
      const answer = await fetch(`${url}/auth/echo`, { method: 'POST', headers: { 'content-type': type }, body });
      assert.equal(await answer.text(), body);
    });

    it(`signs out behind what has read the body: ${type}`, async (t) => {
      const { url, session } = await served(t);
      const answer = await fetch(`${url}/auth/logout`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
        redirect: 'manual',
      });
      assert.equal(answer.status, 303);
      assert.equal(answer.headers.get('location'), `${url}/`);
      await session.close();
    });
  }

  it('answers what a handler throws with a 500 that shows nothing of it, where Express is in production', async (t) => {
    const url = await serve(
      t,
      toNodeHandler(() => Promise.reject(new Error('a secret detail'))),
    );
    const answer = await fetch(`${url}/auth/login/x`);
    assert.equal(answer.status, 500);
    const text = await answer.text();
    assert.match(text, /Internal Server Error/);
    assert.doesNotMatch(text, /secret detail|node_modules|[.][tj]s:/);
  });
});

function readers(): NodeHandler[] {
  return [express.urlencoded({ extended: false }), express.json()];
}

async function serve(t: TestContext, ...handlers: readonly NodeHandler[]): Promise<string> {
  const app = express();
  // Otherwise Express shows the stack to whoever asks.
  app.set('env', 'production');
  app.use('/auth', ...handlers);
  const server = app.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A session at the address that the server gets, which is known once it listens. */
async function served(t: TestContext): Promise<{ readonly url: string; readonly session: Session }> {
  let handler: WebHandler = () => new Response(null, { status: 503 });
  const url = await serve(
    t,
    ...readers(),
    toNodeHandler((request) => handler(request)),
  );
  const session = createSession({ publicUrl: url, keys: KEYS, providers: [x({ clientId: 'app' })], ledger: 'memory' });
  handler = session.handler;
  return { url, session };
}
