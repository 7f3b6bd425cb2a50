import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../model/random.ts';
import type { Secret } from '../model/secret.ts';
import { generateKey } from '../vault/key-ring.ts';
import { rotateVault, type RotationProgress, type RotationReport } from '../vault/rotate.ts';
import { vaultStatus, type VaultStatus } from '../vault/status.ts';
import type { Config } from './config.ts';
import type { App } from './open.ts';

export type { RotationProgress, RotationReport } from '../vault/rotate.ts';
export type { VaultStatus } from '../vault/status.ts';

const PAGE_SIZE = 200;

/** A new entry for a key ring. Throws `invalid` for an id that no ring could hold. */
export function newKey(id: string, random: Random): Secret {
  return generateKey(random, id);
}

/** Seals everything anew with the ring's first key, while the store is in use. See {@link rotateVault}. */
export async function resealEverything(
  app: App,
  onProgress: (progress: RotationProgress) => void,
): Promise<RotationReport> {
  const { store, vault, spool, options } = app;
  return rotateVault({
    home: store.home,
    vault,
    spool,
    random: options.outside.random,
    pageSize: PAGE_SIZE,
    onProgress,
  });
}

/** Which keys the stored values need. */
export async function keysInUse({ store, vault, spool }: App): Promise<VaultStatus> {
  return vaultStatus({ home: store.home, vault, spool, pageSize: PAGE_SIZE });
}

/**
 * Whether the ring's file was written after a running server had started: that server does not have the new key, and
 * could not open what is sealed with it.
 */
export function isRingNewerThanServer({ home, rootHome, keys, sandbox }: Config): boolean {
  const isFromFile = keys === undefined || sandbox;
  try {
    return isFromFile && statSync(join(home, 'keys')).mtimeMs > statSync(join(rootHome, 'server.json')).mtimeMs;
  } catch {
    // One of the two is not there: nothing to compare.
    return false;
  }
}
