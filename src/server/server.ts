import { Hono, type Context as HonoContext } from 'hono';
import type { App } from '../app/open.ts';
import type { Worker } from '../app/worker.ts';
import { handleConnect } from '../app/web/connect-routes.ts';
import type { Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';
import { AtOnce, type Asked, type PlainAnswer } from './at-once.ts';
import { EventStreams } from './event-streams.ts';
import { Gate } from './gate.ts';
import { withSecurityHeaders } from './headers.ts';
import { Hosts } from './hosts.ts';
import { PAGES } from './pages/pages.ts';
import { HttpError, problemResponse } from './problem.ts';
import { ROUTES } from './routes.ts';
import { healthRoutes } from './routes/health.ts';

/** Asked before a server listens. */
export { checkExposure } from '../app/exposure.ts';

export interface ServerOptions {
  /** The command line's on this machine: whoever has it is the operator. */
  readonly localKey: Secret;
  readonly version: string;
  /** Absent: this process has none. */
  readonly worker?: Worker | undefined;
  /** `monitoring`: health and metrics alone, for a process that only works. Default `everything`. */
  readonly serves?: 'everything' | 'monitoring' | undefined;
  readonly log?: App['log'] | undefined;
}

export interface Peer {
  readonly address: string | undefined;
}

/** The whole server but its sockets: requests in, responses out. */
export interface Server {
  /** Never throws. Without a peer the request comes from this very process. */
  fetch(request: Request, peer?: Peer): Promise<Response>;
  /** The same answer as `fetch` gives, without waiting; `undefined` says nothing but that `fetch` must be asked. */
  answerAtOnce(asked: Asked): PlainAnswer | undefined;
  /** It is asked under this address, too. */
  listensOn(host: string): void;
  /** Ends what would go on for ever. */
  drain(): void;
  readonly clock: Clock;
}

type Env = { readonly Bindings: { readonly peer: Peer | undefined } };

/** Probes and monitoring ask under whatever address they know; what they get is nobody's secret. */
const ASKED_UNDER_ANY_NAME: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

const DESCRIPTION_PATH = '/v1/openapi.json';
const CONNECT_PATHS = ['/connect/:id', '/callback/:provider', '/reconnect/:connection'];

export function createServer(
  app: App,
  { localKey, version, worker, serves = 'everything', log = app.log }: ServerOptions,
): Server {
  const isWhole = serves === 'everything';
  const [routes, pages] = isWhole ? [ROUTES, PAGES] : [healthRoutes, []];
  const { publicUrl } = app.options;
  const hosts = new Hosts(publicUrl);
  const gate = new Gate({ app, hosts, localKey });
  const streams = new EventStreams(app);
  const hono = new Hono<Env>();

  for (const route of routes) {
    hono.on(route.method, honoPath(route.path), async (context) => {
      const request = context.req.raw;
      const admit = () => gate.admit(request, route.access, context.env.peer?.address);
      const readmit = async (): Promise<void> => void (await admit());
      const params = paramsOf(context);
      return route.serve({
        app,
        version,
        worker,
        streams,
        request,
        url: new URL(request.url),
        params,
        caller: await admit(),
        readmit,
      });
    });
  }
  for (const path of isWhole ? CONNECT_PATHS : []) {
    hono.all(path, async (context) => (await handleConnect(context.req.raw, app)) ?? notFound(routes));
  }
  for (const page of pages) {
    hono.on(page.method, page.path, (context) =>
      page.serve({ app, gate, request: context.req.raw, params: paramsOf(context) }),
    );
  }
  hono.notFound((context) => refusal(context.req.method, context.req.path, [...routes, ...pages]));
  hono.onError((error, context) => failure(error, context.req.method));

  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  const isHttps = publicUrl.startsWith('https:');
  const atOnce = new AtOnce({ app, hosts, gate, routes, base, isHttps });
  return {
    async fetch(request, peer) {
      const inner = withoutBase(request, base);
      const response = await answer(inner, peer);
      return withSecurityHeaders(response, { isHttps });
    },
    answerAtOnce: (asked) => atOnce.answer(asked),
    listensOn: (host) => hosts.add(host),
    drain: () => streams.endAll(),
    clock: app.options.outside.clock,
  };

  function failure(error: unknown, method: string): Response {
    // Neither the path nor the query: both may hold what opens something.
    log[error instanceof KippuError ? 'debug' : 'error']({ err: error, method }, 'a request failed');
    return problemResponse(error instanceof KippuError ? error : defect(error));
  }

  async function answer(request: Request, peer: Peer | undefined): Promise<Response> {
    try {
      if (isWhole && !ASKED_UNDER_ANY_NAME.has(new URL(request.url).pathname)) hosts.check(request);
      return await hono.fetch(request, { peer });
    } catch (error) {
      return failure(error, request.method);
    }
  }
}

/** `{path}` is all that is left of the path. */
function honoPath(path: string): string {
  return path.replace('{path}', ':path{.*}').replaceAll(/\{(\w+)\}(?!\})/g, ':$1');
}

function paramsOf(context: HonoContext<Env>): Record<string, string> {
  return context.req.param() as Record<string, string>;
}

/** Behind a server that gives on the path as it is, ours begins below the public address. */
function withoutBase(request: Request, base: string): Request {
  if (base === '') return request;
  const url = new URL(request.url);
  if (!url.pathname.startsWith(`${base}/`)) return request;
  url.pathname = url.pathname.slice(base.length);
  return new Request(url, request);
}

function refusal(method: string, path: string, served: readonly Place[]): Response {
  const allowed = served.filter((one) => fits(one.path, path)).map((one) => one.method);
  if (allowed.length === 0) return notFound(served);
  return problemResponse(
    new HttpError(405, 'invalid', `${method} is not for this path; ${allowed.join(', ')} is.`, {
      allow: allowed.join(', '),
    }),
  );
}

interface Place {
  readonly method: string;
  readonly path: string;
}

function fits(path: string, asked: string): boolean {
  const pattern = path
    .replaceAll('.', '\\.')
    .replace('{path}', '.*')
    .replaceAll(/\{\w+\}|:\w+/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(asked);
}

function notFound(served: readonly Place[]): Response {
  const isDescribed = served.some(({ path }) => path === DESCRIPTION_PATH);
  const what = isDescribed
    ? `${DESCRIPTION_PATH} describes what there is.`
    : `There is ${served.map(({ path }) => path).join(', ')}.`;
  return problemResponse(new KippuError('not_found', `There is nothing under this path. ${what}`));
}

/** What is in a foreign error stays in the log. */
function defect(cause: unknown): KippuError {
  return new KippuError(
    'internal',
    'Something went wrong that should not have; the log of the server says what. Please report it.',
    { cause },
  );
}
