import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Session } from '../../src/session.ts';
import { KippuError } from '../../src/session.ts';
import { appendCookies, toNodeHandler, toRequest, type NextFunction, type NodeHandler } from '../../src/node.ts';
import { packageOf } from '../examples/example.ts';

/**
 * One way to have cookie mode in a framework: `/auth/…` is the session's handler, and `POST /post` a route of the
 * application's own that reads a form as one does there.
 */
export interface Framework {
  readonly name: string;
  /** On 127.0.0.1. Gives how to stop. */
  listen(session: Session, port: number): Promise<() => Promise<unknown>>;
}

export const FRAMEWORKS: readonly Framework[] = [
  { name: 'Hono', listen: inHono },
  { name: 'node:http', listen: inNode },
  { name: 'Express', listen: inExpress },
  { name: 'Fastify, by its own answer', listen: inFastify },
  { name: 'Fastify, hijacked', listen: inHijackedFastify },
];

async function inHono(session: Session, port: number): Promise<() => Promise<unknown>> {
  const app = new Hono();
  app.all('/auth/*', (c) => session.handler(c.req.raw));
  app.post('/post', async (c) => {
    const { text } = await c.req.parseBody();
    const { handle, setCookies } = await session.getAccessToken(c.req.raw);
    for (const line of setCookies) c.header('set-cookie', line, { append: true });
    return c.text(`${handle}: ${typeof text === 'string' ? text : ''}`);
  });
  app.onError((error, c) => (isForeign(error) ? c.text('no', 403) : c.text('Something went wrong here.', 500)));
  const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  return () => closed(server);
}

async function inNode(session: Session, port: number): Promise<() => Promise<unknown>> {
  const handle = toNodeHandler((request) =>
    new URL(request.url).pathname === '/post' ? post(request, session) : session.handler(request),
  );
  const server = createServer(handle).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return () => closed(server);
}

async function post(request: Request, session: Session): Promise<Response> {
  const form = new URLSearchParams(await request.text());
  try {
    const { handle, setCookies } = await session.getAccessToken(request);
    const response = new Response(`${handle}: ${form.get('text')}`);
    for (const line of setCookies) response.headers.append('set-cookie', line);
    return response;
  } catch (error) {
    if (isForeign(error)) return new Response('no', { status: 403 });
    throw error;
  }
}

/* As much of each as is used here: they are installed with the examples, and not for the types of the project. */

interface Express {
  (): ExpressApp;
  urlencoded(options: { readonly extended: boolean }): ExpressHandler;
}
interface ExpressApp {
  set(name: string, value: unknown): void;
  use(...handlers: readonly ExpressHandler[]): void;
  use(path: string, handler: NodeHandler): void;
  use(handler: ExpressErrorHandler): void;
  post(path: string, handle: (request: ExpressRequest, response: ExpressResponse) => Promise<void>): void;
  listen(port: number, host: string): Server;
}
type ExpressErrorHandler = (error: unknown, request: unknown, response: ExpressResponse, next: unknown) => void;
type ExpressHandler = (request: ExpressRequest, response: ExpressResponse, next: NextFunction) => void;
interface ExpressRequest extends IncomingMessage {
  readonly body: Readonly<Record<string, string>>;
}
interface ExpressResponse extends ServerResponse {
  status(code: number): ExpressResponse;
  send(body: string): void;
}

async function inExpress(session: Session, port: number): Promise<() => Promise<unknown>> {
  const express = (await packageOf('express-github', 'express')) as Express;
  const app = express();
  app.set('trust proxy', true);
  app.use(express.urlencoded({ extended: false }));
  app.use('/auth', toNodeHandler(session.handler));
  app.post('/post', async (request, response) => {
    const { handle, setCookies } = await session.getAccessToken(toRequest(request));
    appendCookies(response, setCookies);
    response.send(`${handle}: ${request.body['text']}`);
  });
  const onError: ExpressErrorHandler = (error, _request, response, _next) => {
    response.status(isForeign(error) ? 403 : 500).send('no');
  };
  app.use(onError);
  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return () => closed(server);
}

interface FastifyApp {
  addContentTypeParser(
    type: string,
    options: { readonly parseAs: 'string' },
    parse: (request: unknown, body: string, done: (error: null, body: unknown) => void) => void,
  ): void;
  all(path: string, handle: (request: FastifyRequest, reply: FastifyReply) => unknown): void;
  post(path: string, handle: (request: FastifyRequest, reply: FastifyReply) => unknown): void;
  setErrorHandler(handle: (error: Error, request: FastifyRequest, reply: FastifyReply) => unknown): void;
  listen(options: { readonly port: number; readonly host: string }): Promise<string>;
  close(): Promise<void>;
}
interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly body: unknown;
}
interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): void;
  code(status: number): FastifyReply;
  header(name: string, value: readonly string[]): FastifyReply;
}

async function fastify(session: Session): Promise<FastifyApp> {
  const create = (await packageOf('post-now', 'fastify')) as (options: object) => FastifyApp;
  // It believes its proxy; Kippu does not.
  const app = create({ trustProxy: true });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body)));
  });
  app.post('/post', async (request, reply) => {
    const { text = '' } = request.body as Readonly<Record<string, string>>;
    const { handle, setCookies } = await session.getAccessToken(toRequest(request.raw));
    reply.header('set-cookie', setCookies);
    return `${handle}: ${text}`;
  });
  app.setErrorHandler(async (error, _request, reply) => {
    reply.code(isForeign(error) ? 403 : 500);
    return 'no';
  });
  return app;
}

async function inFastify(session: Session, port: number): Promise<() => Promise<unknown>> {
  const app = await fastify(session);
  app.all('/auth/*', (request) => session.handler(toRequest(request.raw)));
  await app.listen({ port, host: '127.0.0.1' });
  return () => app.close();
}

async function inHijackedFastify(session: Session, port: number): Promise<() => Promise<unknown>> {
  const app = await fastify(session);
  const handle = toNodeHandler(session.handler);
  app.all('/auth/*', (request, reply) => {
    reply.hijack();
    handle(request.raw, reply.raw);
  });
  await app.listen({ port, host: '127.0.0.1' });
  return () => app.close();
}

function isForeign(error: unknown): boolean {
  return error instanceof KippuError && error.code === 'forbidden';
}

function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
