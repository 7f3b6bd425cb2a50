import type { Attachment, Attached } from '../../src/model/connection-store.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { Consent } from '../../src/model/consent-store.ts';
import type {
  Claim,
  ClaimRequest,
  FailedSettlement,
  RenewedSettlement,
  SealedTokens,
  StoredCredential,
} from '../../src/model/credential-store.ts';
import type { Home, RegisteredApp } from '../../src/model/home-store.ts';
import { newId, type Fingerprint, type NodeId, type ProviderAppId } from '../../src/model/ids.ts';
import type { ProcessIdentity } from '../../src/model/processes.ts';
import type { Store } from '../../src/model/store.ts';
import { seededRandom } from './seeded-random.ts';

const random = seededRandom('samples');

export const APP: RegisteredApp = {
  id: 'app_x' as ProviderAppId,
  provider: 'x',
  issuer: 'https://api.x.com',
  clientId: 'c',
  secretHash: 'h',
};
export const OTHER_APP: RegisteredApp = { ...APP, id: 'app_other' as ProviderAppId, clientId: 'other' };
export const HOME: Home = {
  storeId: 'store',
  identity: undefined,
  stamp: undefined,
  keyCheck: { sealed: Uint8Array.of(1), generation: 'k1' },
  fingerprintKey: { sealed: Uint8Array.of(2), generation: 'f1' },
};
export const SENDER: ProcessIdentity = { nodeId: 'node' as NodeId, machine: 'm', pid: 1, started: '1' };
export const BREAKER = { windowMs: 60_000, rejectionsMin: 10, share: 0.1 };

export function print(name: string): Fingerprint {
  return `print of ${name}` as Fingerprint;
}

/** Tokens called by the refresh token's name. */
export function tokens(name: string, nowMs: number, more: Partial<SealedTokens> = {}): SealedTokens {
  return {
    sealed: Buffer.from(`sealed ${name}`),
    generation: `generation of ${name}`,
    accessFingerprint: print(`access ${name}`),
    refreshFingerprint: print(name),
    accessIssuedAtMs: nowMs,
    accessExpiresAtMs: nowMs + 7_200_000,
    refreshAbsoluteEndsAtMs: undefined,
    refreshIdleEndsAtMs: undefined,
    scopes: ['read'],
    dueAtMs: undefined,
    ...more,
  };
}

export function attachment(name: string, nowMs: number, more: Partial<Attachment> = {}): Attachment {
  return {
    ...tokens(`${name} 1`, nowMs),
    connectionId: newId('con', random),
    existingVersion: undefined,
    name: `x:${name}`,
    provider: 'x',
    providerAppId: APP.id,
    owner: '',
    subject: `subject of ${name}`,
    handle: name,
    policy: 'on-use',
    grantedScopes: ['read'],
    grantedAtMs: nowMs,
    jitter: 0.25,
    consentId: undefined,
    supersedes: true,
    imported: false,
    ...more,
  };
}

/** A connection whose refresh token is called `NAME 1`. */
export async function connected(
  store: Store,
  name: string,
  nowMs: number,
  more: Partial<Attachment> = {},
): Promise<Connection> {
  const attached: Attached = await store.connections.attach(attachment(name, nowMs, more));
  if (attached.kind !== 'attached') throw new Error(attached.kind);
  return attached.connection;
}

export async function stored(store: Store, connection: Pick<Connection, 'id'>): Promise<StoredCredential> {
  const credential = await store.credentials.read(connection.id);
  if (credential === undefined) throw new Error('not there');
  return credential;
}

export function claimOf(credential: StoredCredential, more: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    connectionId: credential.connectionId,
    version: credential.version,
    openAttemptId: credential.openAttempt?.id,
    attemptId: newId('att', random),
    purpose: 'renewal',
    parentFingerprint: credential.refreshFingerprint ?? print('none'),
    sender: SENDER,
    startedMonotonicMs: 5_000,
    leaseMs: 60_000,
    replays: 0,
    ...more,
  };
}

/** Claims what is stored now. */
export async function claimed(
  store: Store,
  connection: Pick<Connection, 'id'>,
  more: Partial<ClaimRequest> = {},
): Promise<Claim> {
  const claim = await store.credentials.claim(claimOf(await stored(store, connection), more));
  if (claim === undefined) throw new Error('the claim was refused');
  return claim;
}

export function renewed(
  claim: Claim,
  parent: string,
  name: string,
  nowMs: number,
  more: Partial<SealedTokens> = {},
): RenewedSettlement {
  return { ...tokens(name, nowMs, more), claim, parentFingerprint: print(parent) };
}

export function failed(
  claim: Claim,
  outcome: FailedSettlement['outcome'],
  nowMs: number,
  more: Partial<FailedSettlement> = {},
): FailedSettlement {
  return {
    claim,
    outcome,
    concerns: 'connection',
    error: 'an error',
    holdUntilMs: outcome === 'unanswered' ? undefined : nowMs + 5000,
    dueAtMs: nowMs,
    ...more,
  };
}

export function consent(nowMs: number, more: Partial<Consent> = {}): Consent {
  return {
    id: newId('cns', random),
    state: 'begun',
    failure: undefined,
    failureDetail: undefined,
    provider: 'x',
    providerAppId: APP.id,
    owner: '',
    name: undefined,
    connectionId: undefined,
    scopes: ['read'],
    redirectUri: 'http://127.0.0.1/cb',
    returnUrl: undefined,
    stateHash: undefined,
    browserHash: undefined,
    redeemHash: undefined,
    sealed: undefined,
    generation: undefined,
    attachedTo: undefined,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 900_000,
    answeredAtMs: undefined,
    askAfterMs: undefined,
    ...more,
  };
}
