import type { Kippu } from '../../src/index.ts';
import type { Bench } from '../measure/bench.ts';
import { appAt, isPostgres, type FilledStore } from './fill-store.ts';
import { moduleOf } from './installed.ts';

/** The library on a filled store, as an application has it, but for the worker: nothing happens that was not asked for. */
export async function openLibrary(
  bench: Pick<Bench, 'installed' | 'onEnd'>,
  { database, home }: Pick<FilledStore, 'database' | 'home'>,
  providerUrl: string,
): Promise<Kippu> {
  const { createKippu } = await moduleOf(bench.installed, 'index');
  const { sqlite } = await moduleOf(bench.installed, 'sqlite');
  const { postgres } = await moduleOf(bench.installed, 'postgres');
  const kippu = createKippu({
    publicUrl: 'http://127.0.0.1:4180',
    store: isPostgres(database) ? postgres(database) : sqlite(database),
    home,
    providers: [await appAt(bench.installed, providerUrl)],
    worker: false,
  });
  bench.onEnd(() => kippu.close());
  return kippu;
}
