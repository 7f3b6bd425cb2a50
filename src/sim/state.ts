import type { Fault } from './faults.ts';
import type { Settings } from './settings.ts';

/**
 * Everything the simulated provider remembers. It changes only through the events of `events.ts`, in place; whoever
 * reads it between two requests sees a consistent whole. No token, code or secret is in it: only their hashes.
 */
export interface SimState {
  settings: Settings;
  /** How far an adjustable clock was moved in all. */
  clockAdvancedMs: number;
  lastPostId: string;
  /** Clients that were registered by being used. */
  readonly clients: Map<string, MetClient>;
  readonly users: Map<string, User>;
  readonly consents: Map<string, PendingConsent>;
  /** By the hash of the code. */
  readonly codes: Map<string, Code>;
  /** Authorization requests that wait for their browser, by the hash of their `request_uri`. */
  readonly pushed: Map<string, PushedRequest>;
  /** Assertions and proofs that were used, by hash: until when to remember them. */
  readonly seenJwts: Map<string, number>;
  /** By the hash of the device code. */
  readonly devices: Map<string, Device>;
  readonly grants: Map<string, Grant>;
  /** By the hash of the token. */
  readonly tokens: Map<string, Token>;
  readonly posts: Map<string, Post>;
  /** By the user's id: what was set. Everybody else has the others who are known here. */
  readonly followers: Map<string, FollowerCount>;
  /** The newest is the one that is signed with; all are published. The only secrets here: they sign nothing that is worth anything. */
  signingKeys: readonly SigningKey[];
  faults: readonly Fault[];
  /** By endpoint and user or app. */
  readonly windows: Map<string, RateWindow>;
  readonly money: Money;
  readonly counts: Counts;
}

/**
 * A client registered on first use. Its first request to the token endpoint decides what it is: with HTTP Basic
 * confidential, and that secret is the one it has from then on; with a signed assertion, one with a key; without, public.
 */
export interface MetClient {
  readonly id: string;
  readonly kind: 'undecided' | 'public' | 'confidential' | 'with_key';
  readonly secretHash: string | undefined;
}

/** Somebody who can consent at the simulated provider. */
export interface User {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateJwk: Readonly<Record<string, string>>;
}

/** An authorization request whose page is open in somebody's browser. */
export interface PendingConsent {
  readonly id: string;
  readonly openedAtMs: number;
  readonly request: AuthorizationRequest;
}

export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly scopes: readonly string[];
  readonly nonce?: string | undefined;
  readonly audience?: string | undefined;
  readonly organization?: string | undefined;
  /** Asked for without what brings a refresh token. */
  readonly isOnline?: true;
  readonly challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined;
  /** Of the key that the code is bound to (RFC 9449, section 10). */
  readonly proofThumbprint?: string;
}

export interface PushedRequest {
  readonly hash: string;
  readonly request: AuthorizationRequest;
  readonly expiresAtMs: number;
}

export interface Code {
  readonly hash: string;
  readonly userId: string;
  readonly request: AuthorizationRequest;
  readonly issuedAtMs: number;
  readonly spentAtMs: number | undefined;
}

/** A device that waits for its user (RFC 8628). */
export interface Device {
  readonly hash: string;
  readonly userCode: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly audience?: string | undefined;
  /** It was said that the code is over, where that is said once. */
  readonly toldOver?: boolean;
  /** Grows with every question that came too early. */
  readonly intervalMs: number;
  readonly askedAtMs: number | undefined;
  readonly decision: { readonly kind: 'allowed'; readonly userId: string } | { readonly kind: 'denied' } | undefined;
  readonly spentAtMs: number | undefined;
}

export const GRANT_ENDS = ['revoked_by_client', 'removed_by_user', 'superseded', 'reuse', 'one_too_many'] as const;
export type GrantEnd = (typeof GRANT_ENDS)[number];

export interface Grant {
  readonly id: string;
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  /** How it was given, where that is not by an authorization code. */
  readonly flow?: 'device' | 'app';
  readonly nonce?: string | undefined;
  readonly audience?: string | undefined;
  readonly organization?: string | undefined;
  /** It never gets a refresh token. */
  readonly isOnline?: true;
  /** The callback of its consent. */
  readonly redirectUri?: string;
  /** Of the key that its tokens are bound to (RFC 9449). */
  readonly proofThumbprint?: string;
  readonly consentedAtMs: number;
  readonly renewals: number;
  /** Grows in place: a grant may be renewed for months. */
  readonly tokenHashes: string[];
  readonly end: { readonly reason: GrantEnd; readonly atMs: number } | undefined;
}

/**
 * A refresh token is good until it is spent (single use), revoked, or over; an access token until it is revoked or over.
 */
export interface Token {
  /** Says nothing about the token's text. */
  readonly id: string;
  readonly kind: 'access' | 'refresh';
  readonly hash: string;
  readonly grantId: string;
  /** The refresh token that was exchanged for this one. */
  readonly parentId: string | undefined;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly spentAtMs: number | undefined;
  readonly revokedAtMs: number | undefined;
  /** How often it was presented after it had been spent. */
  readonly reuses: number;
}

export interface Post {
  readonly id: string;
  readonly userId: string;
  readonly clientId: string;
  readonly text: string;
  readonly mediaIds: readonly string[];
  readonly inReplyTo: string | undefined;
  readonly createdAtMs: number;
  readonly deletedAtMs: number | undefined;
  readonly microDollars: number;
}

/** A count from an instant on, growing (or shrinking) evenly with the time. */
export interface FollowerCount {
  readonly count: number;
  readonly perDay: number;
  readonly sinceMs: number;
}

export interface RateWindow {
  readonly startMs: number;
  readonly used: number;
}

export interface Money {
  spentMicroDollars: number;
  /** `null`: no end. */
  balanceMicroDollars: number | null;
  /** Resources read today (UTC), each billed once a day. */
  readDay: string;
  readonly readToday: Set<string>;
}

/** How often things happened that a test wants to know of. */
export interface Counts {
  /** Refresh tokens that were presented again after they were spent. */
  presentedTwice: number;
  codesReplayed: number;
  answersLost: number;
  answersCut: number;
  answersDelayed: number;
  requestsLost: number;
  otherStatuses: number;
  postsCreated: number;
}

export function emptyState(settings: Settings): SimState {
  return {
    settings,
    clockAdvancedMs: 0,
    lastPostId: '0',
    clients: new Map(),
    users: new Map(),
    consents: new Map(),
    codes: new Map(),
    pushed: new Map(),
    seenJwts: new Map(),
    devices: new Map(),
    grants: new Map(),
    tokens: new Map(),
    posts: new Map(),
    followers: new Map(),
    signingKeys: [],
    faults: [],
    windows: new Map(),
    money: {
      spentMicroDollars: 0,
      balanceMicroDollars: settings.creditMicroDollars,
      readDay: '',
      readToday: new Set(),
    },
    counts: {
      presentedTwice: 0,
      codesReplayed: 0,
      answersLost: 0,
      answersCut: 0,
      answersDelayed: 0,
      requestsLost: 0,
      otherStatuses: 0,
      postsCreated: 0,
    },
  };
}

/** Whether a token would be accepted now. A spent one may still be, inside a reuse window: that is the caller's affair. */
export function isAlive(token: Token, nowMs: number): boolean {
  return (
    token.revokedAtMs === undefined &&
    token.spentAtMs === undefined &&
    (token.expiresAtMs === undefined || nowMs < token.expiresAtMs)
  );
}
