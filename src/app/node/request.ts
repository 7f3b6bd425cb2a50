import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { KippuError } from '../../model/errors.ts';
import { bytes, given, wrong } from '../../providers/shape.ts';
import type { NodeResponse } from './response.ts';

/** What `node:http`, `node:http2` and the frameworks on top of them hand over. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** How the address of a request is known. */
export interface ToRequestOptions {
  /**
   * The origin that the request's address gets, as in `https://app.example`. Default: the address of the socket that it
   * came in on. Never the `Host` header, which says whatever its sender likes.
   */
  readonly origin?: string | undefined;
  /** Bytes of a body. Default 1 MiB; reading on beyond them fails. */
  readonly bodyBytesMax?: number | undefined;
  /** With it the request's `signal` aborts when the client goes away before it has its answer. */
  readonly response?: NodeResponse | undefined;
}

/** Throws `invalid`: without a limit that is one, a body would have no end. */
export function checkedRequestOptions<Options extends Pick<ToRequestOptions, 'origin' | 'bodyBytesMax'>>(
  options: Options,
): Options {
  const { origin, bodyBytesMax } = options;
  given(bytes)(bodyBytesMax, 'bodyBytesMax');
  if (origin !== undefined && !URL.canParse(origin)) throw wrong('origin', origin, 'one, as in https://app.example');
  return options;
}

const BODY_BYTES_MAX = 1024 * 1024;

/** A web request cannot have them (Fetch, "forbidden method"); whoever sends one wants to see what is between. */
const NO_WEB_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/**
 * The web request of a request of Node.js. Its address is the whole one (`originalUrl`), also below a mount path. Its body
 * is read as it is needed; where a framework has parsed it already (`req.body`), it is written out again.
 *
 * Throws {@link KippuError} with `code` `invalid` for options that cannot be, for a body that is too long (`where` is
 * `body`) and for a method
 * that no web request has, such as TRACE (`where` is `method`). Reading a body fails that somebody else has read and not
 * kept here, as Fastify does: what needs no body, a sign-out say, works.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { toRequest } from 'kippu/node';
 *
 * createServer((req, res) => {
 *   const { pathname } = new URL(toRequest(req).url);
 *   res.end(pathname);
 * });
 * ```
 */
export function toRequest(req: NodeRequest, options: ToRequestOptions = {}): Request {
  const { bodyBytesMax = BODY_BYTES_MAX, response } = checkedRequestOptions(options);
  const url = new URL((options.origin ?? originOf(req)).replace(/\/+$/, '') + targetOf(req));
  const method = req.method ?? 'GET';
  if (NO_WEB_METHODS.has(method.toUpperCase()))
    throw new KippuError('invalid', `${method} is no method of a web request.`, { where: 'method' });
  const headers = headersOf(req);
  const signal = response === undefined ? {} : { signal: signalOf(response) };
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, ...signal });
  if (Number(headers.get('content-length') ?? 0) > bodyBytesMax) throw bodyTooLong(bodyBytesMax);
  if (!req.readableDidRead) {
    const body = ReadableStream.from(bounded(req, bodyBytesMax));
    return new Request(url, { method, headers, body, duplex: 'half', ...signal });
  }
  const body = writtenAgain(req, headers) ?? gone();
  // What described the bytes on the wire does not describe these.
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) headers.delete(name);
  return new Request(url, { method, headers, body, duplex: 'half', ...signal });
}

function originOf({ socket }: NodeRequest): string {
  const scheme = 'encrypted' in socket && socket.encrypted ? 'https' : 'http';
  const { localAddress, localPort } = socket;
  if (localAddress === undefined || localPort === undefined) return `${scheme}://localhost`;
  return `${scheme}://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}

/** Path and query. `//evil.example/` is a path, and of `http://evil.example/path` only the path is taken. */
function targetOf(req: NodeRequest): string {
  const target = 'originalUrl' in req && typeof req.originalUrl === 'string' ? req.originalUrl : (req.url ?? '/');
  if (target.startsWith('/')) return target;
  if (!URL.canParse(target)) return '/';
  const { pathname, search } = new URL(target);
  return pathname.startsWith('/') ? pathname + search : '/';
}

/** Without the pseudo headers of HTTP/2, which are no headers to anybody else. */
function headersOf(req: NodeRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
  }
  return headers;
}

function signalOf(response: NodeResponse): AbortSignal {
  const gone = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  if (response.destroyed) onClose();
  else response.once('close', onClose);
  return gone.signal;
}

/** The socket stays open when nobody reads on: the answer still has to go out on it. */
async function* bounded(req: NodeRequest, bytesMax: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw bodyTooLong(bytesMax);
    yield new Uint8Array(chunk);
  }
}

function bodyTooLong(bytesMax: number): KippuError {
  return new KippuError('invalid', `The body of this request is longer than ${bytesMax} bytes.`, { where: 'body' });
}

/** Found out by whoever reads it, and by nobody else. */
function gone(): ReadableStream<Uint8Array> {
  const error = new KippuError(
    'invalid',
    'The body of this request was read before Kippu saw it, and is not in req.body. Mount Kippu before what reads it.',
    { where: 'req.body' },
  );
  return new ReadableStream({
    pull: (controller) => {
      controller.error(error);
    },
  });
}

/** Nothing where nobody has kept it. */
function writtenAgain(req: NodeRequest, headers: Headers): string | Uint8Array<ArrayBuffer> | undefined {
  const body: unknown = 'body' in req ? req.body : undefined;
  if (body === undefined) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new Uint8Array(body);
  if (headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') !== true)
    return JSON.stringify(body);
  const form = new URLSearchParams();
  appendFields(form, '', body);
  return form.toString();
}

/** Nested fields as parsers of forms read them, as in `a[b]=c`; fields of one name as often as there are values. */
function appendFields(form: URLSearchParams, name: string, value: unknown): void {
  if (Array.isArray(value)) {
    for (const one of value) appendFields(form, name, one);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) appendFields(form, name === '' ? key : `${name}[${key}]`, one);
  } else {
    // Only texts, numbers and truth values are left.
    form.append(name, value === undefined || value === null ? '' : `${value as string | number | boolean}`);
  }
}
