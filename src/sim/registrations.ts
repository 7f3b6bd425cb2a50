import type { JsonWebKey } from 'node:crypto';
import { KippuError } from '../model/errors.ts';
import type { Provider } from '../providers/provider.ts';

/** A client whose registration is given, instead of being accepted on first use. */
export interface SimClient {
  readonly id: string;
  /** Present: a confidential client. */
  readonly secret?: string | undefined;
  /** Present: it authenticates with the private part of this key (RFC 7523), where the provider takes that. */
  readonly publicKey?: JsonWebKey | undefined;
  /** Compared exactly. Absent: any https or loopback URI. */
  readonly redirectUris?: readonly string[] | undefined;
  /** An app-only token of this client, which speaks for no user. */
  readonly appOnlyToken?: string | undefined;
  /** The handle of the developer whose app it is: reading his own things is cheap. Absent: whoever asks. */
  readonly owner?: string | undefined;
}

/** The given registrations by client id. Throws `invalid` where the provider would not take one. */
export function registrationsOf(
  provider: Provider,
  clients: readonly SimClient[] | undefined,
): ReadonlyMap<string, SimClient> | undefined {
  if (clients === undefined) return undefined;
  const { registeredMax = Number.POSITIVE_INFINITY } = provider.callback;
  const tooMany = clients.find((client) => (client.redirectUris?.length ?? 0) > registeredMax);
  if (tooMany !== undefined) {
    throw new KippuError(
      'invalid',
      `${provider.name} lets an app register at most ${registeredMax} redirect URIs; ${tooMany.id} has more.`,
      { where: 'clients' },
    );
  }
  return new Map(clients.map((client) => [client.id, client]));
}
