import type { Clock } from '../model/clock.ts';
import type { CredentialStore } from '../model/credential-store.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { HttpClient } from '../model/http.ts';
import type { ProviderAppId } from '../model/ids.ts';
import type { Random } from '../model/random.ts';
import type { SessionLedger } from '../model/session-ledger.ts';
import type { Fingerprinter, Vault } from '../model/vault.ts';
import type { Nonces } from '../protocol/nonces.ts';
import type { IdTokens } from '../protocol/signing-keys.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { Flights } from '../renewal/flights.ts';
import type { CookieRules } from './cookie-jar.ts';
import type { CookieSeal } from './signed-in.ts';

/** All that cookie mode touches outside itself. */
export interface SessionPorts {
  readonly apps: ReadonlyMap<ProviderAppId, ProviderApp>;
  /** Values that go through a browser, a sign-in's state among them. */
  readonly vault: Vault;
  readonly cookies: CookieSeal;
  readonly rules: CookieRules;
  /** Of this site: scheme, host and port. */
  readonly origin: string;
  readonly fingerprinter: Fingerprinter;
  readonly http: HttpClient;
  readonly nonces: Nonces;
  readonly idTokens: IdTokens;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
  readonly keepsIdToken: boolean;
  /** Absent: there are no renewals, and a session ends with its access token. */
  readonly renewals: RenewalLedger | undefined;
  /** Where a user of this provider signs in. */
  readonly signInUrl: (provider: string) => string;
  /** Told once of each spent cookie that comes back. It must not throw. */
  readonly onReuse: (reuse: Reuse) => void;
}

/** Where renewals are made exactly once, whoever asks. */
export interface RenewalLedger {
  readonly flights: Flights;
  readonly credentials: CredentialStore;
  readonly sessions: SessionLedger;
}

/**
 * A cookie that was spent was presented, long after its browser had shown that it holds the next one: it may have been
 * stolen. An old backup of a browser's profile is the innocent cause.
 */
export interface Reuse {
  readonly provider: string;
  readonly subject: string | undefined;
  readonly handle: string | undefined;
}

/** What there is to know of a web request: a `Request` will do, and so will what a framework shows of one. */
export interface RequestFacts {
  readonly headers: Headers;
  /** Absent: a reading one. */
  readonly method?: string | undefined;
}
