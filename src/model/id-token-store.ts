import type { ConnectionId } from './ids.ts';

/** Why the ID token of one version of a credential is not handed out. */
export interface IdTokenRefusal {
  readonly connectionId: ConnectionId;
  readonly version: number;
  readonly reason: string;
  readonly atMs: number;
}

export interface IdTokenStore {
  /** Keeps the newest refusal of a connection. */
  note(refusal: IdTokenRefusal): Promise<void>;
  /** Those that are of the version that is stored now. */
  refused(limit: number): Promise<readonly IdTokenRefusal[]>;
}
