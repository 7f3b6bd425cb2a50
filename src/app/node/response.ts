import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';

/** The response of `node:http`, as far as it is used here. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Of one connection of HTTP/1: Node.js writes its own, and HTTP/2 has none. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Sends a web response: its status, its headers beside those that are set already, each of its cookies, and its body as fast
 * as the client reads it. A client that goes away ends it without an error.
 *
 * Rejects with the body's own error, after the connection was cut: half a body must not look like a whole one.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { sendResponse } from 'kippu/node';
 *
 * createServer((req, res) => {
 *   void sendResponse(Response.json({ ok: true }), res);
 * });
 * ```
 */
export async function sendResponse(response: Response, res: NodeResponse): Promise<void> {
  const { body } = response;
  if (res.destroyed) {
    await body?.cancel();
    return;
  }
  res.statusCode = response.status;
  for (const [name, value] of response.headers)
    if (name !== 'set-cookie' && !OF_THE_CONNECTION.has(name)) res.setHeader(name, value);
  appendCookies(res, response.headers.getSetCookie());
  if (body === null || res.req.method === 'HEAD') {
    await body?.cancel();
    res.end();
    return;
  }
  await sendBody(body.getReader(), res);
}

/**
 * Adds `Set-Cookie` lines to a response that has not begun, and keeps those that it has.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { appendCookies } from 'kippu/node';
 *
 * createServer((req, res) => {
 *   appendCookies(res, ['seen=1; Path=/; HttpOnly']);
 *   res.end('hello');
 * });
 * ```
 */
export function appendCookies(res: NodeResponse, setCookies: readonly string[]): void {
  if (setCookies.length === 0) return;
  const present = res.getHeader('set-cookie');
  const kept = present === undefined ? [] : Array.isArray(present) ? present : [String(present)];
  res.setHeader('set-cookie', [...kept, ...setCookies]);
}

async function sendBody(reader: ReadableStreamDefaultReader<Uint8Array>, res: NodeResponse): Promise<void> {
  const onClose = (): void => {
    // Whoever makes the body is told; what he answers changes nothing any more.
    reader.cancel().catch(() => undefined);
  };
  res.once('close', onClose);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (res.destroyed) return;
      if (done) break;
      if (!write(res, value)) await drained(res);
    }
    res.end();
  } catch (error) {
    res.destroy();
    throw error;
  } finally {
    res.off('close', onClose);
  }
}

function write(res: NodeResponse, bytes: Uint8Array): boolean {
  // The two kinds of response have no signature in common.
  return (res as ServerResponse).write(bytes);
}

function drained(res: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    res.once('drain', done);
    res.once('close', done);
  });
}
