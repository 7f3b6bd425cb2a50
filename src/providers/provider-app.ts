import { createHash } from 'node:crypto';
import { KippuError } from '../model/errors.ts';
import type { ProviderAppId } from '../model/ids.ts';
import type { Secret } from '../model/secret.ts';
import type { Endpoints, Provider } from './provider.ts';

/** Our registration at a provider, as the configuration gives it. */
export interface ProviderApp {
  readonly id: ProviderAppId;
  readonly provider: Provider;
  /** The origin of the authorization server: a credential of a simulated one is never sent to the real one. */
  readonly issuer: string;
  readonly clientId: string;
  /** Absent: a public client. */
  readonly clientSecret: Secret | undefined;
  readonly endpoints: Endpoints;
  /** What is asked for when a consent names no scopes. */
  readonly scopes: readonly string[] | undefined;
  /** Whether an unanswered renewal may be replayed when nothing is left to lose. */
  readonly replay: boolean;
}

export interface ProviderAppOptions {
  readonly clientId: string;
  readonly clientSecret?: Secret | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly replay?: boolean | undefined;
  /** Replaces scheme, host and port of all endpoints, paths kept. `http:` only for loopback. */
  readonly baseUrl?: string | undefined;
  /** Names the authorization server where its address does not: the sandbox's simulator, on whatever port. */
  readonly issuer?: string | undefined;
}

/** Binds a registration to its provider. Throws `invalid` for a base URL that is neither https nor loopback. */
export function providerApp(provider: Provider, options: ProviderAppOptions): ProviderApp {
  const endpoints = options.baseUrl === undefined ? provider.endpoints : rebase(provider.endpoints, options.baseUrl);
  const issuer = options.issuer ?? new URL(endpoints.token).origin;
  return {
    id: providerAppId(provider.id, issuer, options.clientId),
    provider,
    issuer,
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    endpoints,
    scopes: options.scopes,
    replay: options.replay ?? true,
  };
}

/** The same registration has the same id in every process and after every restart. */
function providerAppId(provider: string, issuer: string, clientId: string): ProviderAppId {
  const digest = createHash('sha256')
    .update(JSON.stringify([provider, issuer, clientId]))
    .digest('hex');
  return `app_${digest.slice(0, 20)}` as ProviderAppId;
}

function rebase(endpoints: Endpoints, baseUrl: string): Endpoints {
  const base = parseBaseUrl(baseUrl);
  const move = (url: string): string => base + new URL(url).pathname.replace(/^\/$/, '');
  return {
    authorization: move(endpoints.authorization),
    token: move(endpoints.token),
    ...(endpoints.revocation === undefined ? {} : { revocation: move(endpoints.revocation) }),
    api: move(endpoints.api),
  };
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

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
