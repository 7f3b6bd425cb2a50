import type { ServerResponse } from 'node:http';
import { assertNever } from '../model/assert-never.ts';
import type { Clock } from '../model/clock.ts';
import { firstHalf, type SimAnswer } from './wire.ts';

/** Sends an answer, or does to it what the fault asks for. Resolves when nothing more will be sent. */
export async function deliver(answer: SimAnswer, clock: Clock, response: ServerResponse): Promise<void> {
  const { delivery, status, headers } = answer;
  const gone = new AbortController();
  const closed = new Promise<void>((resolve) => {
    response.once('close', () => {
      gone.abort();
      resolve();
    });
  });
  if (delivery.delayMs > 0) await clock.sleep(delivery.delayMs, gone.signal);
  if (response.destroyed) return;

  const bytes = Buffer.from(answer.body);
  const start = (): ServerResponse => response.writeHead(status, { ...headers, 'content-length': bytes.length });
  switch (delivery.kind) {
    case 'lost':
      response.destroy();
      return;
    case 'cut':
      start().write(firstHalf(answer.body), () => response.destroy());
      return closed;
    case 'whole':
      start().end(bytes);
      return closed;
    default:
      return assertNever(delivery.kind);
  }
}
