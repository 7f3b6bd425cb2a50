import type { Clock } from '../model/clock.ts';
import type { ConnectionStore } from '../model/connection-store.ts';
import type { ConsentStore } from '../model/consent-store.ts';
import type { CredentialStore } from '../model/credential-store.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { HttpClient } from '../model/http.ts';
import type { ProviderAppId } from '../model/ids.ts';
import type { Random } from '../model/random.ts';
import type { Fingerprinter, Vault } from '../model/vault.ts';
import type { Nonces } from '../protocol/nonces.ts';
import type { IdTokens } from '../protocol/signing-keys.ts';
import type { ProviderApp } from '../providers/provider-app.ts';

/** All that connecting touches outside itself. */
export interface ConnectPorts extends ConsentPorts {
  readonly connections: ConnectionStore;
  readonly credentials: CredentialStore;
}

/** What a consent needs until its tokens are here. */
export interface ConsentPorts {
  readonly consents: ConsentStore;
  readonly apps: ReadonlyMap<ProviderAppId, ProviderApp>;
  readonly vault: Vault;
  readonly fingerprinter: Fingerprinter;
  readonly http: HttpClient;
  readonly nonces: Nonces;
  readonly idTokens: IdTokens;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
}
