import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that systems give to outgoing connections: of these, one may be taken again before it is listened on. And
 * above 10080, which browsers refuse.
 */
const FROM = 11_000;
const BELOW = 32_000;
const TRIES = 50;

/** A port of 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FROM, BELOW);
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
    } catch {
      continue; // Somebody listens there, or the system keeps it for itself.
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error(`Of ${TRIES} ports from ${FROM} to ${BELOW}, none is free.`);
}
