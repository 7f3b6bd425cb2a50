import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../model/random.ts';
import type { Metadata } from '../../protocol/discovery.ts';
import { makeDirectory, replaceFile } from '../../store/durable-file.ts';

/** What a server said of itself, and when. Nothing in it is secret. */
export interface KeptMetadata {
  readonly issuer: string;
  readonly readAtMs: number;
  readonly metadata: Metadata;
}

/** The last good description of each issuer: with it a start needs nobody to answer. */
export interface MetadataKeeper {
  kept(id: string): KeptMetadata | undefined;
  /** Throws what the disk throws. */
  keep(id: string, kept: KeptMetadata): void;
}

/** In the data directory, one file for each provider. */
export function metadataFiles(home: string, random: Random): MetadataKeeper {
  const directory = join(home, 'issuers');
  const pathOf = (id: string): string => join(directory, `${id}.json`);
  return {
    kept(id) {
      try {
        const kept = JSON.parse(readFileSync(pathOf(id), 'utf8')) as Partial<KeptMetadata>;
        const { issuer, readAtMs, metadata } = kept;
        const isWhole = typeof issuer === 'string' && typeof readAtMs === 'number' && typeof metadata === 'object';
        return isWhole && metadata !== null ? { issuer, readAtMs, metadata } : undefined;
      } catch {
        // Never read, or damaged: it is asked for anew.
        return undefined;
      }
    },
    keep(id, kept) {
      makeDirectory(directory);
      replaceFile({ file: pathOf(id), text: JSON.stringify(kept) }, random);
    },
  };
}

/** For a store in memory, which has no data directory. */
export function metadataInMemory(): MetadataKeeper {
  const all = new Map<string, KeptMetadata>();
  return { kept: (id) => all.get(id), keep: (id, kept) => void all.set(id, kept) };
}
