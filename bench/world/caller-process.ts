import process from 'node:process';
import { Installed } from './installed.ts';
import { openLibrary } from './library.ts';

/**
 * One process of several on one store: it opens, says so, and on a word asks as many times at once as it is told. Its
 * answer is which tokens it was given, without a word of the tokens themselves.
 */
interface Wish {
  readonly folder: string;
  readonly database: string;
  readonly home: string;
  readonly providerUrl: string;
  readonly connection: string;
  readonly callers: number;
}

const { folder, connection, callers, providerUrl, ...store } = JSON.parse(process.argv[2] ?? '') as Wish;
const ends: (() => unknown)[] = [];
const bench = { installed: new Installed(folder), onEnd: (end: () => unknown) => ends.push(end) };
const kippu = await openLibrary(bench, store, providerUrl);
await kippu.connection(connection);
process.once('message', () => {
  void answer();
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function answer(): Promise<void> {
  const startedAtMs = performance.now();
  const asked = Array.from({ length: callers }, () => kippu.getAccessToken(connection));
  const answers = await Promise.allSettled(asked);
  const good = answers.flatMap((settled) => (settled.status === 'fulfilled' ? [settled.value] : []));
  process.send?.({
    served: good.length,
    versions: [...new Set(good.map(({ version }) => version))],
    tokens: new Set(good.map(({ accessToken }) => accessToken)).size,
    tookMs: performance.now() - startedAtMs,
  });
  for (const end of ends) await end();
}
