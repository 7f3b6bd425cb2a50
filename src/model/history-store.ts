/**
 * What is kept of renewals that are over: the attempt, what was told of it, and the fingerprint of the refresh token that
 * it spent. All of that is forgotten after a time, but for what something still rests on.
 */
export interface HistoryStore {
  /**
   * One portion of a round, which visits one connection after the other, in one transaction. `undefined`: the next round
   * has not begun, or somebody else is at it.
   *
   * An attempt stays, however old, while its outcome is open, while it went unanswered and its refresh token is the one
   * that is stored, while it is one of its connection's newest, and while somebody is still to be told of it.
   */
  forget(limits: HistoryLimits): Promise<HistoryPortion | undefined>;
  /** How much there is, and what the last round did. */
  standing(): Promise<HistoryStanding>;
}

export interface HistoryLimits {
  /** Attempts that ended before are forgotten. */
  readonly endedBeforeMs: number;
  /** Fingerprints of refresh tokens that were spent before are forgotten. */
  readonly spentBeforeMs: number;
  /** So many attempts of each connection stay. */
  readonly newestKept: number;
  /** Attempts and fingerprints of this portion, at most. */
  readonly rowsMax: number;
  /** Connections that this portion visits, at most. */
  readonly connectionsMax: number;
  /** When the next round begins, should this portion end the one under way. */
  readonly nextRoundAtMs: number;
}

export interface HistoryPortion {
  /** Attempts and fingerprints. */
  readonly forgotten: number;
  /** Set by the portion that ended the round: what all of it has forgotten. */
  readonly roundForgot: number | undefined;
}

export interface HistoryStanding {
  /** Counted up to {@link HISTORY_COUNT_MAX}. */
  readonly attempts: number;
  readonly spentTokens: number;
  readonly events: number;
  /** Absent: no round has come to its end yet. */
  readonly lastRound: { readonly endedAtMs: number; readonly forgotten: number } | undefined;
}

/** Counting looks at every row: beyond this it is said that there are more. */
export const HISTORY_COUNT_MAX = 1_000_000;
