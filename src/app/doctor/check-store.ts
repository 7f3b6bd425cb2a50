import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KippuError } from '../../model/errors.ts';
import type { Store } from '../../model/store.ts';
import { Nonces } from '../../protocol/nonces.ts';
import { openDataDirectory } from '../../store/data-directory.ts';
import { openSpool } from '../../store/spool.ts';
import { openHomeKeys } from '../../vault/key-check.ts';
import { parseKeyRing } from '../../vault/key-ring.ts';
import { RingVault } from '../../vault/vault.ts';
import type { Config } from '../config.ts';
import { isPostgres, mayHoldData, shownDatabase } from '../database-url.ts';
import { copiedBecause } from '../copied.ts';
import type { Outside } from '../open.ts';
import { storeOpener } from '../system.ts';
import { checkAppStatuses } from './check-apps.ts';
import { checkAnswersElsewhere } from './check-answers.ts';
import { checkConnections } from './check-connections.ts';
import { checkHistory } from './check-history.ts';
import { checkLiving } from './check-living.ts';
import { checkNotices } from './check-notices.ts';
import type { Finding } from './finding.ts';

/** The store, its key ring and what is in it. Nothing is made, and nothing is changed. */
export async function checkStore(config: Config, outside: Outside): Promise<Finding[]> {
  const ring = readRing(config, outside);
  const { databaseUrl } = config;
  if (databaseUrl === 'memory:') return [{ kind: 'store_in_memory', level: 'warning' }];
  const url = shownDatabase(databaseUrl);
  if (!mayHoldData(databaseUrl)) return [{ kind: 'store_new', level: 'ok', url }, checkUnusedRing(ring, config)];
  let store: Store;
  try {
    store = await storeOpener(databaseUrl, false)(outside);
  } catch (error) {
    return [{ kind: 'store_unusable', level: 'problem', error: messageOf(error) }, checkUnusedRing(ring, config)];
  }
  try {
    const { pending } = await store.migrations();
    if (pending.length > 0) {
      // A server's database without any of our tables is like a file that is not there.
      if (isPostgres(databaseUrl) && (await store.home.read()) === undefined)
        return [{ kind: 'store_new', level: 'ok', url }, checkUnusedRing(ring, config)];
      return [{ kind: 'store_behind', level: 'warning', migrations: pending }, checkUnusedRing(ring, config)];
    }
    return await checkOpenStore(store, ring, { config, outside });
  } catch (error) {
    return [{ kind: 'store_unusable', level: 'problem', error: messageOf(error) }];
  } finally {
    await store.close();
  }
}

type Ring =
  | { readonly kind: 'none' }
  | { readonly kind: 'bad'; readonly error: string }
  | { readonly kind: 'ring'; readonly vault: RingVault; readonly source: string };

/** As the start does it: the environment's ring, else the data directory's; in the sandbox the other way round. */
function readRing(config: Config, { random }: Outside): Ring {
  try {
    const directory = existsSync(config.home) ? openDataDirectory(config.home, random) : undefined;
    const kept = directory?.readKeys();
    const fromFile =
      kept === undefined || directory === undefined ? undefined : { text: kept, source: directory.keysPath };
    const fromGiven = config.keys === undefined ? undefined : { text: config.keys, source: 'KIPPU_KEYS' };
    const found = config.sandbox ? (fromFile ?? fromGiven) : (fromGiven ?? fromFile);
    if (found === undefined) return { kind: 'none' };
    return { kind: 'ring', vault: new RingVault(parseKeyRing(found.text, found.source), random), source: found.source };
  } catch (error) {
    return { kind: 'bad', error: messageOf(error) };
  }
}

function checkUnusedRing(ring: Ring, { isProduction }: Config): Finding {
  switch (ring.kind) {
    case 'none':
      return { kind: 'ring_not_made', level: isProduction ? 'problem' : 'ok', isProduction };
    case 'bad':
      return { kind: 'ring_bad', level: 'problem', error: ring.error };
    case 'ring':
      return { kind: 'ring_unused', level: 'ok', source: ring.source, keyIds: ring.vault.keyIds };
  }
}

async function checkOpenStore(
  store: Store,
  ring: Ring,
  { config, outside }: { readonly config: Config; readonly outside: Outside },
): Promise<Finding[]> {
  const home = await store.home.read();
  if (home === undefined) {
    return [{ kind: 'store_good', level: 'ok', url: shownDatabase(config.databaseUrl) }, checkUnusedRing(ring, config)];
  }
  const copied = copiedBecause(home, store.home.identity());
  const opens = checkRing(ring, home);
  // The sandbox's simulators run with its server, and nowhere else.
  const apps = config.sandbox || opens.level !== 'ok' ? [] : config.apps;
  return [
    copied === undefined
      ? { kind: 'store_good', level: 'ok', url: shownDatabase(config.databaseUrl) }
      : { kind: 'store_copied', level: 'problem', copied },
    opens,
    ...checkAppStatuses(await store.home.apps(), config.apps),
    ...checkSpool(config, outside),
    ...(await checkAnswersElsewhere(store, {
      home: config.home,
      clock: store.clock ?? outside.clock,
      timing: config.timing,
    })),
    await checkHistory(store, config),
    ...(await checkConnections(store, config.apps, outside.clock.nowMs())),
    ...(ring.kind === 'ring'
      ? await checkLiving(store, apps, { ...outside, vault: ring.vault, nonces: new Nonces() })
      : []),
    ...(await checkNotices(store, config)),
  ];
}

function checkRing(ring: Ring, home: Parameters<typeof openHomeKeys>[1]): Finding {
  if (ring.kind === 'bad') return { kind: 'ring_bad', level: 'problem', error: ring.error };
  const vault = ring.kind === 'ring' ? ring.vault : undefined;
  try {
    openHomeKeys(vault, home);
  } catch (error) {
    return { kind: 'ring_bad', level: 'problem', error: messageOf(error) };
  }
  return {
    kind: 'ring_good',
    level: 'ok',
    source: ring.kind === 'ring' ? ring.source : '',
    keyIds: vault?.keyIds ?? [],
  };
}

/** Answers that the store could not take. */
function checkSpool(config: Config, { clock, random, faults }: Outside): Finding[] {
  const directory = join(config.home, 'spool');
  if (!existsSync(directory) || readdirSync(directory).length === 0) return [{ kind: 'spool_good', level: 'ok' }];
  const spool = openSpool({ directory, clock, random, faults, processId: 'doctor', isProcessGone: () => false });
  const waiting = spool.entries().filter(({ acknowledged }) => !acknowledged).length;
  const files = spool.damaged();
  const findings: Finding[] = [];
  if (waiting > 0) findings.push({ kind: 'spool_waiting', level: 'warning', count: waiting });
  if (files.length > 0) findings.push({ kind: 'spool_damaged', level: 'problem', files });
  return findings.length > 0 ? findings : [{ kind: 'spool_good', level: 'ok' }];
}

function messageOf(error: unknown): string {
  if (error instanceof KippuError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
