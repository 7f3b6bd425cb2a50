import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { createServer, type IncomingMessage, type Server as NodeServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SECOND_MS, type Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { Server } from './server.ts';

/** Longer than a caller waits for a renewal: who is being served is served. */
const DRAIN_MAX_MS = 35 * SECOND_MS;
const LOOK_AGAIN_MS = 50;

export interface Listening {
  /** Where it is reached from this machine. */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, lets those under way finish, half a minute at most, and ends the event streams. */
  close(): Promise<void>;
}

/** Throws `conflict` when the port is taken, `invalid` for an address that this machine does not have. */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  server.listensOn(host);
  const goTheWholeWay = getRequestListener(
    (request, env) => server.fetch(request, { address: (env as HttpBindings).incoming.socket.remoteAddress }),
    { overrideGlobalObjects: true },
  );
  const http = createServer((incoming, outgoing) => {
    if (!answeredAtOnce(server, incoming, outgoing)) void goTheWholeWay(incoming, outgoing);
  });
  await bind(http, { host, port });
  const bound = (http.address() as AddressInfo).port;
  return {
    url: `http://${reachableHost(host)}:${bound}`,
    port: bound,
    close: () => close(http, server),
  };
}

/** What is answered from memory needs neither a `Request` nor a `Response`: making them costs more than the answer. */
function answeredAtOnce(
  server: Server,
  { method, url, rawHeaders, httpVersion }: IncomingMessage,
  outgoing: ServerResponse,
): boolean {
  if (method !== 'GET' || url === undefined || httpVersion !== '1.1') return false;
  const answer = server.answerAtOnce({ target: url, rawHeaders });
  if (answer === undefined) return false;
  outgoing.writeHead(200, answer.head as string[]);
  outgoing.end(answer.body);
  return true;
}

function bind(http: NodeServer, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error) => {
      reject(bindError(error, host, port));
    });
    http.listen(port, host, resolve);
  });
}

function bindError(cause: Error, host: string, port: number): KippuError {
  const code = 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new KippuError(
        'conflict',
        `Port ${port} on ${host} is taken. Stop what runs there, or choose another with --port (KIPPU_PORT).`,
        { cause, where: '--port' },
      );
    case 'EACCES':
      return new KippuError(
        'invalid',
        `This user may not listen on port ${port}. Choose one above 1023 with --port (KIPPU_PORT).`,
        { cause, where: '--port' },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new KippuError(
        'invalid',
        `This machine has no address ${host}. Choose another with --host (KIPPU_HOST).`,
        { cause, where: '--host' },
      );
    default:
      return new KippuError('unavailable', `Kippu cannot listen on ${host}:${port}: ${cause.message}.`, { cause });
  }
}

function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function close(http: NodeServer, server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    http.close(() => {
      resolve();
    });
  });
  server.drain();
  await closeIdle(http, closed, server.clock);
  http.closeAllConnections();
  await closed;
}

/** A connection that was busy a moment ago is kept for the next request: those are ended as they become idle. */
async function closeIdle(http: NodeServer, closed: Promise<void>, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + DRAIN_MAX_MS;
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  while (!isClosed && clock.monotonicMs() < untilMs) {
    http.closeIdleConnections();
    await Promise.race([closed, clock.sleep(LOOK_AGAIN_MS)]);
  }
}
