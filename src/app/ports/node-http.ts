import { lookup as lookUp } from 'node:dns';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../../model/http.ts';
import { builtinHttp, builtinTls } from './builtin-http.ts';

type NotSent = Extract<HttpAnswer, { kind: 'not_sent' }>;

/**
 * One request on one connection of its own: no pool, no retry, no redirect. The connection is up before the request is
 * allowed to leave, so that whoever holds a lease can look at the clock in between.
 */
export const nodeHttp: HttpClient = {
  async send(request, watch = {}) {
    const connected = await connect(request, watch);
    if ('kind' in connected) return connected;
    if (watch.mayStillSend?.() === false) {
      connected.destroy();
      return {
        kind: 'not_sent',
        cause: 'withdrawn',
        detail: 'the lease was no longer safely ours when the connection was up',
      };
    }
    return exchange(request, connected, watch);
  },
};

function connect(request: HttpRequest, { mayConnectTo }: ExchangeWatch): Promise<Socket | NotSent> {
  const url = new URL(request.url);
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An address that stands in the URL itself is never looked up.
  if (mayConnectTo !== undefined && isIP(host) !== 0 && !mayConnectTo(host)) return Promise.resolve(forbidden(url));
  const lookup = mayConnectTo === undefined ? {} : { lookup: guardedLookup(mayConnectTo) };
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  return new Promise((resolve) => {
    const socket = isTls
      ? builtinTls().connect({ host, port, servername: host, ALPNProtocols: ['http/1.1'], ...lookup })
      : connectTcp({ host, port, ...lookup });
    const settle = (result: Socket | NotSent): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      if (result !== socket) {
        // A late error of a socket that was given up on is nobody's business.
        socket.on('error', () => undefined);
        socket.destroy();
      }
      resolve(result);
    };
    const timer = setTimeout(() => {
      settle({
        kind: 'not_sent',
        cause: 'connect',
        detail: `no connection to ${url.host} within ${request.connectTimeoutMs} ms`,
      });
    }, request.connectTimeoutMs);
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      settle(socket);
    });
    socket.once('error', (error) => {
      settle(
        error instanceof ForbiddenAddress
          ? forbidden(url)
          : { kind: 'not_sent', cause: causeOf(error), detail: `${codeOf(error)} for ${url.host}` },
      );
    });
    socket.once('close', () => {
      settle({ kind: 'not_sent', cause: 'tls', detail: `${url.host} closed the connection before it was up` });
    });
  });
}

class ForbiddenAddress extends Error {}

function forbidden(url: URL): NotSent {
  return { kind: 'not_sent', cause: 'address', detail: `${url.host} leads to an address that may not be connected to` };
}

/** Looks a name up and gives on only the addresses that may be connected to: what was checked is what is used. */
function guardedLookup(mayConnectTo: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = found.filter(({ address }) => mayConnectTo(address));
      const [first] = addresses;
      if (first === undefined) callback(new ForbiddenAddress(hostname), []);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function causeOf(error: Error): NotSent['cause'] {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns';
  return /^(ECONN|ETIMEDOUT|EHOST|ENET|EADDR|EPIPE)/.test(code) ? 'connect' : 'tls';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function exchange(request: HttpRequest, socket: Socket, watch: ExchangeWatch): Promise<HttpAnswer> {
  const outgoing = open(request, socket);
  if ('kind' in outgoing) return Promise.resolve(outgoing);
  return new Promise((resolve) => {
    const settle = (answer: HttpAnswer): void => {
      clearTimeout(timer);
      outgoing.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      whenNothingComes(socket, () => {
        outgoing.destroy(new TimeoutError(`no answer within ${request.answerTimeoutMs} ms`));
      });
    }, request.answerTimeoutMs);
    outgoing.on('error', (error) => {
      settle(unanswered(error));
    });
    outgoing.on('response', (incoming) => {
      void readBody(incoming, request.bodyBytesMax).then(settle);
    });
    outgoing.end(request.body, () => {
      watch.sent?.();
    });
  });
}

class TimeoutError extends Error {}

/**
 * A process that was stopped finds its timers over before it reads what arrived meanwhile: the answer may lie in the
 * socket, and with it the only copy of a new refresh token. So long as a turn of the event loop brings bytes, it is read.
 */
function whenNothingComes(socket: Socket, then: () => void): void {
  const { bytesRead } = socket;
  setImmediate(() => {
    if (socket.bytesRead === bytesRead) then();
    else whenNothingComes(socket, then);
  });
}

/** Node refuses to write a header that would break the request: then nothing has left. */
function open(request: HttpRequest, socket: Socket): ClientRequest | NotSent {
  try {
    return compose(request, socket);
  } catch (error) {
    socket.destroy();
    const code = error instanceof Error ? codeOf(error) : '';
    if (!UNSENDABLE.has(code)) throw error;
    return { kind: 'not_sent', cause: 'unsendable', detail: `a header of the request cannot be written (${code})` };
  }
}

const UNSENDABLE: ReadonlySet<string> = new Set([
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_HTTP_INVALID_HEADER_VALUE',
]);

function compose(request: HttpRequest, socket: Socket): ClientRequest {
  const url = new URL(request.url);
  const length = request.body === undefined ? 0 : Buffer.byteLength(request.body);
  return builtinHttp().request({
    method: request.method,
    path: url.pathname + url.search,
    headers: {
      host: url.host,
      connection: 'close',
      'user-agent': 'kippu',
      ...(request.method === 'GET' ? {} : { 'content-length': length }),
      ...request.headers,
    },
    createConnection: () => socket,
  });
}

function unanswered(error: Error): HttpAnswer {
  if (error instanceof TimeoutError) return { kind: 'unanswered', cause: 'timeout', detail: error.message };
  const code = codeOf(error);
  return { kind: 'unanswered', cause: code.startsWith('HPE_') ? 'not_http' : 'reset', detail: code };
}

/** Whatever arrived is given on, also when the rest never comes: it may be a whole token answer. */
async function readBody(incoming: IncomingMessage, bytesMax: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let complete = true;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytesMax) {
        complete = false;
        break;
      }
      chunks.push(chunk);
    }
  } catch {
    // Cut off: what has arrived is the answer, and `complete` says that it is not all.
    complete = false;
  }
  return {
    kind: 'answered',
    status: incoming.statusCode ?? 0,
    headers: headersOf(incoming),
    body: Buffer.concat(chunks),
    complete: complete && incoming.complete,
  };
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  const entries = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
