import { createHash } from 'node:crypto';
import { KippuError } from '../model/errors.ts';
import type { ProviderAppId } from '../model/ids.ts';
import type { Secret } from '../model/secret.ts';
import { asConfigured, refuseUnknownParameters, type SettingOptions } from './app-settings.ts';
import { clientKey, type ClientKey } from './client-key.ts';
import type { Endpoints, Hosting, Provider } from './provider.ts';

/** Our registration at a provider, as the configuration gives it. */
export interface ProviderApp {
  readonly id: ProviderAppId;
  readonly provider: Provider;
  /** The origin of the authorization server: a credential of a simulated one is never sent to the real one. */
  readonly issuer: string;
  readonly clientId: string;
  /** Without it and without a key: a public client. */
  readonly clientSecret: Secret | undefined;
  /** Signs for the app instead of a secret (`private_key_jwt`). Never both. */
  readonly clientKey: ClientKey | undefined;
  readonly endpoints: Endpoints;
  /** What is asked for when a consent names no scopes. */
  readonly scopes: readonly string[] | undefined;
  /** Whether an unanswered renewal may be replayed when nothing is left to lose. */
  readonly replay: boolean;
  /** Whether it may be replayed inside a reuse window that forks the family. */
  readonly replayInLeeway: boolean;
  /** The API that access tokens are for. */
  readonly audience: string | undefined;
  /** Where users sign in. */
  readonly organization: string | undefined;
}

export interface ProviderAppOptions extends SettingOptions {
  readonly clientId: string;
  readonly clientSecret?: Secret | undefined;
  /** PEM, or a JWK as JSON text. */
  readonly clientPrivateKey?: Secret | undefined;
  /** `kid` of that key, where it has none of its own. */
  readonly clientPrivateKeyId?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly replay?: boolean | undefined;
  /** Replaces scheme, host and port of all endpoints, paths kept. `http:` only for loopback. */
  readonly baseUrl?: string | undefined;
  /** A customer's own host of this provider, as in `github.example.com`. */
  readonly host?: string | undefined;
  /** Whose directory the users are in, where the provider has such: a tenant's id, its domain, or one of its names. */
  readonly tenant?: string | undefined;
  /** The provider's console calls the app a test: its grants are shorter. */
  readonly testing?: boolean | undefined;
  /** Names the authorization server where its address does not: the sandbox's simulator, on whatever port. */
  readonly issuer?: string | undefined;
}

/**
 * Binds a registration to its provider. Throws `invalid` for a base URL that is neither https nor loopback, a host where
 * this provider cannot be, a number that is not the client id, a key that is none, and a key beside a secret.
 */
export function providerApp(known: Provider, options: ProviderAppOptions): ProviderApp {
  refuseAppNumber(known, options.clientId);
  refuseUnknownParameters(known, options);
  const tenanted = inTesting(inTenant(known, options), options);
  const { provider, endpoints } = placed(asConfigured(tenanted, options), options);
  const issuer = options.issuer ?? originOf(endpoints);
  return {
    id: providerAppId(provider.id, issuer, options.clientId),
    provider,
    issuer,
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    clientKey: keyOf(provider, options),
    endpoints,
    scopes: options.scopes,
    replay: options.replay ?? true,
    replayInLeeway: options.refresh?.replayInLeeway ?? false,
    audience: options.audience,
    organization: options.organization,
  };
}

function refuseAppNumber({ name, numericAppId }: Provider, clientId: string): void {
  if (numericAppId === undefined || !/^\d+$/.test(clientId)) return;
  throw new KippuError(
    'invalid',
    `${clientId} is a number, as ${name}'s ${numericAppId} is, and not a client id. The app's settings show both: give the client id.`,
    { where: 'clientId' },
  );
}

function keyOf(provider: Provider, options: ProviderAppOptions): ClientKey | undefined {
  const { clientSecret, clientPrivateKey, clientPrivateKeyId } = options;
  if (clientPrivateKey === undefined) {
    if (clientPrivateKeyId === undefined) return undefined;
    throw new KippuError('invalid', 'There is the id of a private key, and no private key. Give both, or neither.', {
      where: 'clientPrivateKeyId',
    });
  }
  if (clientSecret !== undefined) {
    throw new KippuError(
      'invalid',
      `This app of ${provider.name} has a client secret and a private key. It proves who it is with one of them: leave the other out.`,
      { where: 'clientPrivateKey' },
    );
  }
  return clientKey(provider, { key: clientPrivateKey, keyId: clientPrivateKeyId });
}

function inTenant(provider: Provider, { tenant }: ProviderAppOptions): Provider {
  const { tenancy, name, endpoints } = provider;
  if (tenant === undefined) return provider;
  if (tenancy === undefined)
    throw new KippuError('invalid', `${name} has no tenants. Leave the tenant out.`, { where: 'tenant' });
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(tenant)) {
    throw new KippuError(
      'invalid',
      `"${tenant}" is no tenant of ${name}. Give its id, its domain, or one of: ${tenancy.names.join(', ')}.`,
      { where: 'tenant' },
    );
  }
  const move = (url: string): string => url.replace(`/${tenancy.segment}/`, `/${tenant}/`);
  return { ...provider, endpoints: { ...movedBy(move, endpoints), api: endpoints.api } };
}

function inTesting(provider: Provider, { testing }: ProviderAppOptions): Provider {
  const { refresh } = provider;
  if (testing !== true) return provider;
  if (refresh.testingAbsoluteMs === undefined) {
    throw new KippuError('invalid', `${provider.name} makes no difference for an app in testing. Leave it out.`, {
      where: 'testing',
    });
  }
  return { ...provider, refresh: { ...refresh, absoluteMs: refresh.testingAbsoluteMs } };
}

interface Placed {
  readonly provider: Provider;
  readonly endpoints: Endpoints;
}

/** Where the provider is: on its own host, on a customer's, or at a base URL. */
function placed(provider: Provider, { baseUrl, host }: ProviderAppOptions): Placed {
  if (baseUrl !== undefined) return { provider: onThisHostAlone(provider), endpoints: rebase(provider, baseUrl) };
  const usualHost = new URL(originOf(provider.endpoints)).host;
  if (host === undefined && provider.hosting?.required === true) throw withoutHost(provider);
  if (host === undefined || host.toLowerCase() === usualHost) return { provider, endpoints: provider.endpoints };
  return placedOn(parseHost(host, provider), provider);
}

/** What is issued by a simulator, or a customer's own server, is of no use at the provider's, and none of its business. */
function onThisHostAlone(provider: Provider): Provider {
  return provider.apiOrigins === undefined ? provider : { ...provider, apiOrigins: [] };
}

function withoutHost({ name, id, hosting }: Provider): KippuError {
  const setting = hosting?.setting ?? 'host';
  return new KippuError(
    'invalid',
    `${name} has no address of its own: every customer has one. Give the ${setting} (KIPPU_${id.toUpperCase()}_${setting.toUpperCase()}).`,
    { where: 'host' },
  );
}

function placedOn(host: string, provider: Provider): Placed {
  const rule = hostRule(host, provider);
  const move = (url: string): string => `https://${host}${new URL(url).pathname}`;
  return {
    provider: { ...onThisHostAlone(provider), pkce: rule.pkce ?? provider.pkce },
    endpoints: { ...movedBy(move, provider.endpoints), api: rule.api.replace('{host}', host) },
  };
}

function hostRule(host: string, { name, hosting }: Provider): Hosting['hosts'][number] {
  const rule = hosting?.hosts.find(({ suffix }) => host.endsWith(suffix));
  if (rule !== undefined) return rule;
  throw new KippuError('invalid', `${name} runs on no host but its own. Leave the host out.`, { where: 'host' });
}

function parseHost(text: string, { name }: Provider): string {
  const host = text.toLowerCase();
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(host)) return host;
  throw new KippuError(
    'invalid',
    `"${text}" is no host. Give the name alone, without https:// and without a path, as ${name}'s address has it.`,
    { where: 'host' },
  );
}

/** The same registration has the same id in every process and after every restart. */
function providerAppId(provider: string, issuer: string, clientId: string): ProviderAppId {
  const digest = createHash('sha256')
    .update(JSON.stringify([provider, issuer, clientId]))
    .digest('hex');
  return `app_${digest.slice(0, 20)}` as ProviderAppId;
}

function rebase({ endpoints, hosting }: Provider, baseUrl: string): Endpoints {
  const base = parseBaseUrl(baseUrl);
  const move = (url: string): string => base + new URL(url).pathname.replace(/^\/$/, '');
  const moved = movedBy(move, endpoints);
  return hosting === undefined ? moved : { ...moved, api: base + hosting.apiBelowBaseUrl };
}

function movedBy(move: (url: string) => string, endpoints: Endpoints): Endpoints {
  const { issuer, authorization, token, revocation, pushedAuthorization, introspection } = endpoints;
  const { deviceCode, devicePage, jwks, discovery, renewal, upgrade, identity, api } = endpoints;
  return {
    ...(issuer === undefined ? {} : { issuer: movedIssuer(move, issuer) }),
    authorization: authorization === '' ? '' : move(authorization),
    token: token === '' ? '' : move(token),
    ...(revocation === undefined ? {} : { revocation: move(revocation) }),
    ...(pushedAuthorization === undefined ? {} : { pushedAuthorization: move(pushedAuthorization) }),
    ...(introspection === undefined ? {} : { introspection: move(introspection) }),
    ...(deviceCode === undefined ? {} : { deviceCode: move(deviceCode) }),
    ...(devicePage === undefined ? {} : { devicePage: move(devicePage) }),
    ...(jwks === undefined ? {} : { jwks: move(jwks) }),
    ...(discovery === undefined ? {} : { discovery: move(discovery) }),
    ...(renewal === undefined ? {} : { renewal: move(renewal) }),
    ...(upgrade === undefined ? {} : { upgrade: move(upgrade) }),
    ...(identity === undefined ? {} : { identity: move(identity) }),
    api: move(api),
  };
}

/** An issuer is compared to the letter (RFC 9207, section 2.4): the slash that it ends in, or does not, is part of it. */
function movedIssuer(move: (url: string) => string, issuer: string): string {
  const moved = move(issuer).replace(/\/$/, '');
  return issuer.endsWith('/') ? `${moved}/` : moved;
}

function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    throw new KippuError('invalid', `The base URL "${text}" is not a URL. Give one such as https://api.example.com.`);
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new KippuError(
      'invalid',
      `The base URL ${url.origin} would send tokens unencrypted. Use https, or http on 127.0.0.1.`,
    );
  }
  return url.origin;
}

/** How the authorization server names itself on the wire; {@link ProviderApp.issuer} is our own name for it. */
export function issuerIdentifier({ endpoints }: Pick<ProviderApp, 'endpoints'>): string {
  return endpoints.issuer ?? originOf(endpoints);
}

/** Of the authorization server; of the API where there is none, but static keys alone. */
function originOf({ token, api }: Endpoints): string {
  return new URL(token === '' ? api : token).origin;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
