import { once } from 'node:events';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

const LEAST = 15_000;
const MOST = 30_000;
const TRIES_MAX = 200;

/**
 * A port that a server keeps over its deaths: below those that the system gives to outgoing connections, one of which
 * would take it while the server is down.
 */
export async function lastingPort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = randomInt(LEAST, MOST);
    const probe = createServer();
    const listening = once(probe, 'listening');
    probe.listen(port, '127.0.0.1');
    try {
      await listening;
    } catch {
      // Somebody has it: the next one.
      continue;
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error(`there is no free port between ${LEAST} and ${MOST}`);
}
