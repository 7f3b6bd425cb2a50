import { KippuError } from '../model/errors.ts';
import { defined, type ProviderDefinition } from '../providers/define.ts';
import { isLoopback } from '../providers/provider-app.ts';
import { SIGNING_ALGORITHMS, type Endpoints, type Provider, type SigningAlgorithm } from '../providers/provider.ts';
import type { Metadata } from './discovery.ts';

export type Besides = Partial<Omit<ProviderDefinition, 'id' | 'name' | 'endpoints'>>;

export type ClientProof = 'secret' | 'key' | 'nothing';

export interface Described {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  /** Where the resource API lives, which no document says. Absent: where the provider says whose token it is. */
  readonly api?: string | undefined;
  /** Whatever the app proves itself with, the server must take it. */
  readonly provesBy: ClientProof;
  /** What the document does not say, or says wrongly. */
  readonly besides?: Besides | undefined;
}

/**
 * The provider that a server's own description (RFC 8414, section 2) makes. What it does not say has the careful default.
 * Throws `misconfigured` for a description that cannot be used, saying which part of it.
 */
export function providerFromMetadata(metadata: Metadata, described: Described): Provider {
  const read = new Reading(metadata, described.issuer);
  const token = read.endpoint('token_endpoint');
  if (token === undefined) throw read.refusal('it has no token_endpoint, so no token can be had there');
  const userinfo = read.endpoint('userinfo_endpoint');
  const api = described.api ?? new URL(userinfo ?? token).origin;
  const scopes = scopesFrom(read, userinfo !== undefined);
  const { appOnly, ...provider } = defined(
    {
      id: described.id,
      name: described.name,
      endpoints: endpointsFrom(read, { token, userinfo, api }),
      scopes,
      // OpenID Connect Core, section 11: without it, offline_access may be passed over in silence.
      ...(scopes.offline === undefined ? {} : { authorizationParams: { prompt: 'consent' } }),
      clientAuth: clientAuthFrom(read, described),
      pkce: read.list('code_challenge_methods_supported')?.includes('S256') === false ? 'none' : 'S256',
      requirePushed: read.isTrue('require_pushed_authorization_requests'),
      authorizationResponseIssuer: read.isTrue('authorization_response_iss_parameter_supported'),
      ...(userinfo === undefined ? {} : { identity: { path: pathOf(userinfo), subject: '/sub' } }),
      ...described.besides,
    },
    [],
  );
  // A list that is not there says nothing; asking then harms nobody.
  const isRefused = read.list('grant_types_supported')?.includes('client_credentials') === false;
  return appOnly === undefined || (isRefused && described.besides?.appOnly === undefined)
    ? provider
    : { ...provider, appOnly };
}

/** What an app with these options proves itself with. */
export function proofOf(options: {
  readonly clientSecret?: unknown;
  readonly clientPrivateKey?: unknown;
}): ClientProof {
  if (options.clientPrivateKey !== undefined) return 'key';
  return options.clientSecret === undefined ? 'nothing' : 'secret';
}

interface Places {
  readonly token: string;
  readonly userinfo: string | undefined;
  readonly api: string;
}

function endpointsFrom(read: Reading, { token, userinfo, api }: Places): Partial<Endpoints> {
  const revocation = read.endpoint('revocation_endpoint');
  const pushedAuthorization = read.endpoint('pushed_authorization_request_endpoint');
  const introspection = read.endpoint('introspection_endpoint');
  const deviceCode = read.endpoint('device_authorization_endpoint');
  const jwks = read.endpoint('jwks_uri');
  const identity = userinfo === undefined ? undefined : new URL(userinfo).origin;
  return {
    issuer: read.issuer,
    authorization: read.endpoint('authorization_endpoint') ?? '',
    token,
    ...(revocation === undefined ? {} : { revocation }),
    ...(pushedAuthorization === undefined ? {} : { pushedAuthorization }),
    ...(introspection === undefined ? {} : { introspection }),
    ...(deviceCode === undefined ? {} : { deviceCode }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(identity === undefined || identity === api ? {} : { identity }),
    api,
  };
}

/** OpenID Connect Core, sections 5.4 and 11: what says who somebody is, and what brings a refresh token. */
function scopesFrom(read: Reading, saysWho: boolean): Partial<Provider['scopes']> {
  const known = read.list('scopes_supported') ?? [];
  return {
    known,
    presets: { default: saysWho ? ['openid'] : [] },
    ...(known.includes('offline_access') ? { offline: 'offline_access' } : {}),
  };
}

/** RFC 8414, section 2: where nothing is said, HTTP Basic. */
function clientAuthFrom(read: Reading, { provesBy }: Described): Partial<Provider['clientAuth']> {
  const methods = read.list('token_endpoint_auth_methods_supported') ?? ['client_secret_basic'];
  const takesBody = methods.includes('client_secret_post');
  const takesBasic = methods.includes('client_secret_basic');
  if (provesBy === 'secret' && !takesBasic && !takesBody)
    throw read.refusal(`it takes no client secret, but ${methods.join(', ') || 'nothing'}. Leave the secret out`);
  const offered = read.list('token_endpoint_auth_signing_alg_values_supported') ?? [];
  const algorithms = SIGNING_ALGORITHMS.filter((one: SigningAlgorithm) => offered.includes(one));
  const takesKey = methods.includes('private_key_jwt') && algorithms.length > 0;
  if (provesBy === 'key' && !takesKey)
    throw read.refusal(
      methods.includes('private_key_jwt')
        ? `it takes signatures with none of ${SIGNING_ALGORITHMS.join(', ')}. Leave the key out`
        : `it takes no signature of a key (private_key_jwt), but ${methods.join(', ') || 'nothing'}. Leave the key out`,
    );
  return {
    confidential: takesBasic || !takesBody ? 'basic' : 'body',
    ...(takesKey ? { privateKeyJwt: { algorithms, audience: 'issuer' as const } } : {}),
  };
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

const LIST_MAX = 1000;
const TEXT_CHARS_MAX = 200;

/** One description, read field by field; each is checked where it is used. */
class Reading {
  readonly issuer: string;
  readonly #metadata: Metadata;

  constructor(metadata: Metadata, issuer: string) {
    this.#metadata = metadata;
    this.issuer = issuer;
  }

  /** https, or loopback where the issuer itself is: a server elsewhere has no business on this machine. */
  endpoint(name: string): string | undefined {
    const value = this.#metadata[name];
    if (value === undefined || value === null) return undefined;
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined) throw this.refusal(`its ${name} is not a URL`);
    const isHere = isLoopback(url.hostname);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
      throw this.refusal(
        `its ${name} is plain ${url.protocol.replace(':', '')} at ${url.host}, where codes and tokens would travel unencrypted`,
      );
    if (isHere && !isLoopback(new URL(this.issuer).hostname))
      throw this.refusal(`its ${name} is on ${url.hostname}, which is this machine and not the provider's`);
    if (url.hash !== '' || url.username !== '' || url.password !== '')
      throw this.refusal(`its ${name} has a fragment, a user or a password in it`);
    return url.href;
  }

  list(name: string): readonly string[] | undefined {
    const value = this.#metadata[name];
    if (!Array.isArray(value)) return undefined;
    return value
      .slice(0, LIST_MAX)
      .filter((item) => typeof item === 'string' && item !== '' && item.length <= TEXT_CHARS_MAX);
  }

  isTrue(name: string): boolean {
    return this.#metadata[name] === true;
  }

  refusal(what: string): KippuError {
    return new KippuError(
      'misconfigured',
      `What ${this.issuer} says of itself cannot be used: ${what}. Tell the provider.`,
    );
  }
}
