import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { KippuError } from '../../src/model/errors.ts';
import type { ProviderAppId } from '../../src/model/ids.ts';
import type { Random } from '../../src/model/random.ts';
import { Secret } from '../../src/model/secret.ts';
import type { SealBinding } from '../../src/model/vault.ts';
import { parseKeyRing, type KeyRing } from '../../src/vault/key-ring.ts';
import { RingVault } from '../../src/vault/vault.ts';

export const random: Random = { bytes: (count) => randomBytes(count), unit: () => 0.5 };

export function ringEntry(id: string): string {
  return `${id}:${randomBytes(32).toString('base64')}`;
}

export function ringOf(...entries: readonly string[]): KeyRing {
  return parseKeyRing(new Secret(entries.join(',')), 'KIPPU_KEYS');
}

export function vaultOf(...entries: readonly string[]): RingVault {
  return new RingVault(ringOf(...entries), random);
}

export const ALICE: SealBinding = {
  table: 'credentials',
  rowId: 'con_alice',
  providerAppId: 'app_x' as ProviderAppId,
  owner: 'alice',
  generation: 'g1',
};

/** The `KippuError` that the call throws; a failure if it throws nothing or something else. */
export function errorOf(call: () => unknown): KippuError {
  try {
    call();
  } catch (error) {
    if (error instanceof KippuError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** Everything that any logger could ever print of a value. */
export function printed(value: unknown): string {
  const stack = value instanceof Error ? `${value.message} ${value.stack ?? ''} ${String(value.cause)}` : '';
  return [
    inspect(value, { depth: Infinity, showHidden: true, getters: true }),
    JSON.stringify(value),
    String(value),
    stack,
  ].join('\n');
}
