import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { ServerRecord } from '../../app/data-directory.ts';
import { builtinHttp } from '../../app/ports/builtin-http.ts';
import { MINUTE_MS } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import type { ApiAnswer, ApiRequest, Transport } from './transport.ts';

const PROBE_TIMEOUT_MS = 1000;
/** Longer than any call of the API may take: a renewal's deadline, an exchange, a call of a provider's API. */
const SILENCE_MAX_MS = 5 * MINUTE_MS;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Whether somebody listens there at all: a server that is just ending still has its record. */
export function isListening(server: ServerRecord): Promise<boolean> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: PROBE_TIMEOUT_MS });
    const settle = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

/** To the server that runs on this machine. Node's own HTTP and not `fetch`, which takes three times as long to load. */
export class NetworkTransport implements Transport {
  readonly #server: ServerRecord;

  constructor(server: ServerRecord) {
    this.#server = server;
  }

  send({ method, path, headers, body }: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const { url, key } = this.#server;
    return new Promise((resolve, reject) => {
      const request = builtinHttp().request(new URL(path, url), {
        method,
        headers: {
          ...headers,
          authorization: `Bearer ${key.reveal()}`,
          ...(body === undefined ? {} : { 'content-length': body.length }),
        },
        agent: false,
        timeout: SILENCE_MAX_MS,
        signal,
      });
      const fail = (cause: Error): void => {
        reject(signal.aborted ? (signal.reason as Error) : noAnswer(url, cause));
      };
      request.on('timeout', () => request.destroy(new Error(`no answer within ${SILENCE_MAX_MS / 1000} s`)));
      request.on('error', fail);
      request.on('response', (response) => {
        readAnswer(response).then(resolve, fail);
      });
      request.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks),
  };
}

function noAnswer(url: string, cause: Error): KippuError {
  return new KippuError(
    'unavailable',
    `The Kippu server at ${url} gave no answer: ${cause.message}. See whether it is still running, and try again.`,
    { cause },
  );
}
