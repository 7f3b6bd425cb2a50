import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../measure/bench.ts';

/** A token endpoint in a process of its own. */
export interface Provider {
  readonly url: string;
  readonly tokenUrl: string;
  counts(): Promise<{ readonly exchanges: number; readonly repeats: number }>;
}

/** The names that every contender uses at it. */
export const CLIENT = { id: 'bench-client', secret: 'bench-secret' } as const;

export async function startProvider(bench: Bench): Promise<Provider> {
  const port = await startChild<number>(bench, fileURLToPath(new URL('provider-process.ts', import.meta.url)));
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    tokenUrl: `${url}/2/oauth2/token`,
    counts: async () =>
      (await (await fetch(`${url}/counts`)).json()) as { readonly exchanges: number; readonly repeats: number },
  };
}

/** Starts a process of the bench's own and gives the first thing that it says. It ends with the row. */
export async function startChild<T>(bench: Bench, file: string, args: readonly string[] = []): Promise<T> {
  const child = forkChild(bench, file, args);
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

export function forkChild(bench: Bench, file: string, args: readonly string[] = []): ChildProcess {
  const child = fork(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  bench.onEnd(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  return child;
}
