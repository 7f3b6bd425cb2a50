import { Secret } from '../model/secret.ts';
import type { HttpClient } from '../model/http.ts';
import { readMetadata } from '../protocol/discovery.ts';
import { proofOf, providerFromMetadata, type Besides } from '../protocol/provider-from-metadata.ts';
import { providerApp, type ProviderApp } from '../providers/provider-app.ts';
import { given, hidden } from '../providers/shape.ts';
import { SYSTEM } from './ports/real-world.ts';

/** Your registration at a provider that describes itself, and what it does not say. */
export interface DiscoverOptions {
  /** The provider's id here: small letters and digits. It names the callback's path and connections. */
  readonly id: string;
  /** As people write it. Default: the issuer's host. */
  readonly name?: string | undefined;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** Instead of a secret, where the server takes signatures (RFC 7523): PEM, or a JWK as JSON text. */
  readonly clientPrivateKey?: string | undefined;
  /** The key's `kid`, where it is a PEM and the server knows more than one. */
  readonly clientPrivateKeyId?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly replay?: boolean | undefined;
  /** Where the resource API lives, as in `https://api.example.com`; no server says that of itself. */
  readonly api?: string | undefined;
  /** What the server does not say of itself, or says wrongly, as `defineProvider` takes it. */
  readonly besides?: Besides | undefined;
}

/**
 * Your app at any provider that describes itself (RFC 8414, or OpenID Connect Discovery), by its issuer. Reads the
 * description now; what it says is in force as long as this app is used. The answer must name this very issuer, every
 * endpoint must be https, and no redirect is followed.
 *
 * Throws `KippuError` with `code` `invalid` for what is no issuer, `unavailable` while it does not answer, and
 * `misconfigured` for a description that cannot be used.
 *
 * @example
 * ```ts
 * import { createKippu, discoverProvider } from 'kippu';
 * import { sqlite } from 'kippu/sqlite';
 * const acme = await discoverProvider('https://login.acme.example', { id: 'acme', clientId: 'your-client-id' });
 * export const kippu = createKippu({ publicUrl: 'https://example.com', store: sqlite('kippu.db'), providers: [acme] });
 * ```
 */
export async function discoverProvider(issuer: string, options: DiscoverOptions): Promise<ProviderApp> {
  return discoverThrough(SYSTEM.http, issuer, options);
}

/** The same over a network of the caller's. */
export async function discoverThrough(
  http: HttpClient,
  issuer: string,
  options: DiscoverOptions,
): Promise<ProviderApp> {
  const { id, name, clientId, clientSecret, clientPrivateKey, clientPrivateKeyId, scopes, replay, api, besides } =
    options;
  hidden(clientId, 'clientId');
  given(hidden)(clientSecret, 'clientSecret');
  const metadata = await readMetadata(issuer, http);
  const described = { id, name: name ?? new URL(issuer).host, issuer, api, provesBy: proofOf(options), besides };
  return providerApp(providerFromMetadata(metadata, described), {
    clientId,
    clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret),
    clientPrivateKey: clientPrivateKey === undefined ? undefined : new Secret(clientPrivateKey),
    clientPrivateKeyId,
    scopes,
    replay,
    issuer,
  });
}
