import { MINUTE_MS, SECOND_MS, type Clock } from '../model/clock.ts';
import type { ConnectionStore } from '../model/connection-store.ts';
import type { CredentialStore } from '../model/credential-store.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { HomeStore } from '../model/home-store.ts';
import type { HttpClient } from '../model/http.ts';
import type { ProviderAppId } from '../model/ids.ts';
import type { Processes } from '../model/processes.ts';
import type { Random } from '../model/random.ts';
import type { Spool } from '../model/spool.ts';
import type { Fingerprinter, Vault } from '../model/vault.ts';
import type { Nonces } from '../protocol/nonces.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { Turns } from './turns.ts';

/** All that a renewal touches outside itself. */
export interface RenewalPorts {
  readonly credentials: CredentialStore;
  readonly connections: ConnectionStore;
  readonly home: HomeStore;
  readonly apps: ReadonlyMap<ProviderAppId, ProviderApp>;
  readonly vault: Vault;
  readonly fingerprinter: Fingerprinter;
  readonly http: HttpClient;
  readonly nonces: Nonces;
  readonly turns: Turns;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
  readonly faults: FaultPoints;
  readonly timing: RenewalTiming;
}

/** How long is waited, in a renewal, and for what. */
export interface RenewalTiming {
  /** How long a caller waits. */
  readonly deadlineMs: number;
  /** How long an answer is listened for, whoever still waits. */
  readonly lateAnswerMs: number;
  /** How long after that a replay stays away. */
  readonly replayMarginMs: number;
}

export const DEFAULT_TIMING: RenewalTiming = {
  deadlineMs: 30 * SECOND_MS,
  lateAnswerMs: 2 * MINUTE_MS,
  replayMarginMs: 2 * MINUTE_MS,
};
