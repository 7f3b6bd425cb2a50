import type { Row } from '../../src/store/sqlite/database.ts';
import type { Grant } from './provider-model.ts';

/** What is stored of a connection, as the oracle compares it from commit to commit. */
export interface SeenConnection {
  readonly version: number;
  readonly state: string;
  readonly refresh: string | undefined;
}

export function standing(row: Row): SeenConnection {
  return { version: Number(row['version']), state: String(row['state']), refresh: textOf(row['refresh_fingerprint']) };
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function reasonOf(row: Row): string {
  return row['state_reason'] === null ? '' : ` (${String(row['state_reason'])})`;
}

export function isEndedByOthers({ end }: Grant): boolean {
  return end !== undefined && end.why !== 'reuse';
}
