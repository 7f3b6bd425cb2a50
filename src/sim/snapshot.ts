import { DAY_MS, HOUR_MS } from '../model/clock.ts';
import type { Settings } from './settings.ts';
import { emptyState, type SimState } from './state.ts';

/** Pages that nobody submitted, and codes, are forgotten after this. */
const CONSENT_KEPT_MS = HOUR_MS;
/** Tokens are remembered for this long after their end, so that a late second use is still recognised. */
const TOKEN_KEPT_MS = 30 * DAY_MS;

interface Snapshot {
  readonly [field: string]: unknown;
}

/** The state as JSON, without what is old enough to forget. */
export function snapshotOf(state: SimState, nowMs: number): Snapshot {
  const tokens = [...state.tokens].filter(([, token]) => (token.expiresAtMs ?? nowMs) + TOKEN_KEPT_MS > nowMs);
  const kept = new Set(tokens.map(([hash]) => hash));
  return {
    settings: state.settings,
    clockAdvancedMs: state.clockAdvancedMs,
    lastPostId: state.lastPostId,
    clients: [...state.clients],
    users: [...state.users],
    consents: [...state.consents].filter(([, consent]) => consent.openedAtMs + CONSENT_KEPT_MS > nowMs),
    codes: [...state.codes].filter(([, code]) => code.issuedAtMs + CONSENT_KEPT_MS > nowMs),
    pushed: [...state.pushed].filter(([, pushed]) => pushed.expiresAtMs > nowMs),
    seenJwts: [...state.seenJwts].filter(([, untilMs]) => untilMs > nowMs),
    devices: [...state.devices].filter(([, device]) => device.issuedAtMs + CONSENT_KEPT_MS > nowMs),
    grants: [...state.grants].map(([id, grant]) => [
      id,
      { ...grant, tokenHashes: grant.tokenHashes.filter((hash) => kept.has(hash)) },
    ]),
    tokens,
    posts: [...state.posts],
    followers: [...state.followers],
    signingKeys: state.signingKeys,
    faults: state.faults,
    windows: [...state.windows].filter(([, window]) => window.startMs + DAY_MS > nowMs),
    money: { ...state.money, readToday: [...state.money.readToday] },
    counts: state.counts,
  };
}

/** The state that a snapshot holds; settings that came into being since have their defaults. */
export function restore(snapshot: unknown, defaults: Settings): SimState {
  // Our own file, its version checked.
  const held = snapshot as Snapshot;
  const empty = emptyState(defaults);
  const entries = <V>(field: string): Map<string, V> => new Map((held[field] ?? []) as [string, V][]);
  const money = held['money'] as { readToday: string[] } & Omit<SimState['money'], 'readToday'>;
  return {
    settings: { ...defaults, ...(held['settings'] as Settings) },
    clockAdvancedMs: held['clockAdvancedMs'] as number,
    lastPostId: held['lastPostId'] as string,
    clients: entries('clients'),
    users: entries('users'),
    consents: entries('consents'),
    codes: entries('codes'),
    pushed: entries('pushed'),
    seenJwts: entries('seenJwts'),
    devices: entries('devices'),
    grants: entries('grants'),
    tokens: entries('tokens'),
    posts: entries('posts'),
    followers: entries('followers'),
    signingKeys: (held['signingKeys'] ?? []) as SimState['signingKeys'],
    faults: held['faults'] as SimState['faults'],
    windows: entries('windows'),
    money: { ...money, readToday: new Set(money.readToday) },
    counts: { ...empty.counts, ...(held['counts'] as SimState['counts']) },
  };
}
