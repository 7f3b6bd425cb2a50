import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { isLoopback } from '../providers/provider-app.ts';
import type { Provider } from '../providers/provider.ts';
import { given, port } from '../providers/shape.ts';
import type { FaultOrder } from './faults.ts';
import { deliver } from './deliver.ts';
import { fileJournal, memoryJournal, type Journal } from './journal.ts';
import { realClock, realRandom } from './real-clock.ts';
import type { SimClient } from './registrations.ts';
import type { SettingsPatch } from './settings.ts';
import { Simulator } from './simulator.ts';
import { jsonReply, pathOf, type Reply, type SimAnswer } from './wire.ts';

/** Who is simulated, where, and how it behaves. */
export interface StartOptions {
  readonly provider: Provider;
  /** 0 or absent: a free one. */
  readonly port?: number | undefined;
  /** A loopback address; `127.0.0.1` when absent. */
  readonly host?: string | undefined;
  /** Where the provider's memory is kept; absent: it is lost at the end. One running simulator a directory. */
  readonly directory?: string | undefined;
  readonly fast?: number | undefined;
  readonly faults?: readonly FaultOrder[] | undefined;
  readonly settings?: SettingsPatch | undefined;
  readonly clients?: readonly SimClient[] | undefined;
  /** Absent: the machine's own, which can be put forward. With a clock of your own, it is you who moves time. */
  readonly clock?: Clock | undefined;
  /** Called once a request was answered or dropped. Never sees a query, a body or a header. */
  readonly onRequest?: ((line: RequestLine) => void) | undefined;
}

/** One answered request, as a log shows it. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly delivery: SimAnswer['delivery']['kind'];
}

/**
 * A simulator that listens.
 *
 * @example
 * ```ts
 * import { controlsOf, type RunningSimulator } from 'kippu/sim';
 * export async function stopAfterOneLoss({ simulator, close }: RunningSimulator): Promise<void> {
 *   controlsOf(simulator).faults.loseNextAnswer();
 *   await close();
 * }
 * ```
 */
export interface RunningSimulator {
  /** Origin of everything: the base URL to give to a client, and the simulator's page. */
  readonly url: string;
  readonly simulator: Simulator;
  /** Ends open connections and the journal. What was answered is kept. */
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1_048_576;

/**
 * Starts the simulator on a loopback port. Throws `invalid` for another address or bad options, `unavailable` when the
 * port is taken, `unreadable` for a damaged directory.
 *
 * @example
 * ```ts
 * import { startSimulator, type RunningSimulator, type StartOptions } from 'kippu/sim';
 * export function startBeside(options: StartOptions): Promise<RunningSimulator> {
 *   return startSimulator({ ...options, directory: '.kippu/sandbox/x', fast: 60 });
 * }
 * ```
 */
export async function startSimulator(options: StartOptions): Promise<RunningSimulator> {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopback(host === '::1' ? '[::1]' : host)) {
    throw new KippuError(
      'invalid',
      `The simulator does not listen on ${host}: it hands tokens to whoever asks. Use 127.0.0.1.`,
      { where: 'host' },
    );
  }
  given(port)(options.port, 'port');
  const { clock, advance } = clockOf(options);
  const journal = options.directory === undefined ? memoryJournal() : fileJournal(options.directory);
  try {
    const { provider, fast, settings, clients } = options;
    const simulator = new Simulator({
      provider,
      clock,
      random: realRandom(),
      journal,
      settings,
      clients,
      fast,
      advance,
    });
    for (const order of options.faults ?? []) simulator.orderFault(order);
    const server = createServer((request, response) => {
      const served = serve(simulator, clock, request, response).then((line) => options.onRequest?.(line));
      served.catch((error: unknown) => {
        // A defect of ours, or the client went away: this connection ends, the others live on.
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
    const bound = await listen(server, options.port ?? 0, host);
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    return { url, simulator, close: () => stop(server, journal) };
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** A clock that somebody else moves is not moved by the simulator's page. */
function clockOf({ clock }: StartOptions): { readonly clock: Clock; readonly advance?: (ms: number) => void } {
  if (clock !== undefined) return { clock };
  const own = realClock();
  return { clock: own, advance: (ms) => own.advance(ms) };
}

async function stop(server: Server, journal: Journal): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  journal.close();
}

/** The port that it listens on. */
async function listen(server: Server, wanted: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new KippuError(
          'unavailable',
          `The simulator cannot listen on ${host}:${wanted}: ${cause.message}. Choose another port with --port.`,
          { cause },
        ),
      );
    });
    server.listen(wanted, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function serve(
  simulator: Simulator,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<RequestLine> {
  const method = request.method ?? 'GET';
  const url = request.url ?? '/';
  const body = await readBody(request);
  const answer =
    body === undefined
      ? { ...tooLarge(), delivery: { kind: 'whole', delayMs: 0 } as const }
      : answerOf(simulator, { method, url, headers: headersOf(request), body });
  await deliver(answer, clock, response);
  return { method, path: pathOf(url), status: answer.status, delivery: answer.delivery.kind };
}

/** A journal that cannot be written is the one failure that is answered: nothing happened. */
function answerOf(simulator: Simulator, request: Parameters<Simulator['handle']>[0]): SimAnswer {
  try {
    return simulator.handle(request);
  } catch (error) {
    if (!(error instanceof KippuError) || error.code !== 'store_unavailable') throw error;
    return { ...jsonReply(503, { error: error.message }), delivery: { kind: 'whole', delayMs: 0 } };
  }
}

/** `undefined`: longer than anybody needs. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(): Reply {
  return { ...jsonReply(413, { error: 'the body is too large' }), headers: { connection: 'close' } };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
