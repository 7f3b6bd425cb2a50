import { KippuError } from '../../model/errors.ts';
import { checkedRequestOptions, toRequest, type NodeRequest, type ToRequestOptions } from './request.ts';
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
 * `bodyBytesMax` is a 413, and a method that no web request has, such as TRACE, a 405.
 *
 * Throws {@link KippuError} with `code` `invalid` for an `origin` or a `bodyBytesMax` that cannot be.
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
  checkedRequestOptions(options);
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

/** What nobody's handler has to hear of: the request itself cannot be taken. */
const REFUSALS: Readonly<Record<string, { readonly status: number; readonly text: string }>> = {
  body: { status: 413, text: 'This request is too long.' },
  method: { status: 405, text: 'There is no such method here.' },
};

const BROKEN = { status: 500, text: 'Something went wrong here.' };

function fail(error: unknown, res: NodeResponse, next: NextFunction | undefined): void {
  if (res.destroyed) return;
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const refusal = error instanceof KippuError ? REFUSALS[error.where ?? ''] : undefined;
  if (refusal === undefined && next !== undefined) {
    next(error);
    return;
  }
  // Nobody reads the rest of what is not taken.
  if (refusal !== undefined && res.req.httpVersionMajor === 1) res.setHeader('connection', 'close');
  // Of an answer that did not come to be.
  for (const name of ['content-length', 'content-encoding', 'set-cookie']) res.removeHeader(name);
  const { status, text } = refusal ?? BROKEN;
  res.statusCode = status;
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.end(text);
}
