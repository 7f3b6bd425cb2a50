import { KippuError } from '../../model/errors.ts';
import { toRequest, type NodeRequest, type ToRequestOptions } from './request.ts';
import { sendResponse, type NodeResponse } from './response.ts';

/** What takes a web `Request` and gives a `Response`. */
export type WebHandler = (request: Request) => Response | Promise<Response>;
/** Hands a request on, as Express does it. */
export type NextFunction = (error?: unknown) => void;
/** What `node:http` and Express call with a request. */
export type NodeHandler = (req: NodeRequest, res: NodeResponse, next?: NextFunction) => void;

/**
 * Lets a web handler, as `kippu.handler` is one, serve `node:http`, `node:http2`, Express (`app.use('/auth', …)`, also below a
 * path) and Fastify (after `reply.hijack()`, with `request.raw` and `reply.raw`).
 *
 * What the handler throws goes to `next` where there is one, else the client gets a bare 500. A body longer than
 * `bodyBytesMax` is a 413.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { toNodeHandler } from 'kippu/node';
 *
 * const handler = toNodeHandler(() => new Response('hello'), { origin: 'https://app.example' });
 * createServer(handler);
 * ```
 */
export function toNodeHandler(handler: WebHandler, options: Omit<ToRequestOptions, 'response'> = {}): NodeHandler {
  return (req, res, next) => {
    answer(handler, { req, res, options }).catch((error: unknown) => {
      fail(error, res, next);
    });
  };
}

interface Exchange {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
  readonly options: Omit<ToRequestOptions, 'response'>;
}

async function answer(handler: WebHandler, { req, res, options }: Exchange): Promise<void> {
  await sendResponse(await handler(toRequest(req, { ...options, response: res })), res);
}

function fail(error: unknown, res: NodeResponse, next: NextFunction | undefined): void {
  if (res.destroyed) return;
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const isTooLong = error instanceof KippuError && error.where === 'body';
  if (!isTooLong && next !== undefined) {
    next(error);
    return;
  }
  // Nobody reads the rest of a body that is too long.
  if (isTooLong && res.req.httpVersionMajor === 1) res.setHeader('connection', 'close');
  // Of an answer that did not come to be.
  for (const name of ['content-length', 'content-encoding', 'set-cookie']) res.removeHeader(name);
  res.statusCode = isTooLong ? 413 : 500;
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.end(isTooLong ? 'This request is too long.' : 'Something went wrong here.');
}
