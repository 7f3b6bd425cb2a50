import { HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { definitionShape } from './definition-shape.ts';
import type { Endpoints, Provider } from './provider.ts';

/** Fields whose parts may be left out one by one. */
type Parted = 'scopes' | 'clientAuth' | 'access' | 'refresh' | 'identity' | 'callback';

/**
 * What is to be said of a provider: its id, its name, its endpoints, and whatever differs from the RFCs. Each field is
 * described at {@link Provider}; what is left out has the RFC's default, or the careful one.
 */
export type ProviderDefinition = Partial<Omit<Provider, 'id' | 'name' | 'endpoints' | Parted>> & {
  /** Small letters and digits, a letter first: it names variables, the callback's path and connections. */
  readonly id: string;
  readonly name: string;
  /**
   * `authorization` and `token` for users, `token` alone for app-only tokens, `api` alone for static keys. Without `api`,
   * it is the origin of `token`.
   */
  readonly endpoints: Partial<Endpoints>;
} & { readonly [Field in Parted]?: Parts<Provider[Field]> };

/** Of the presets, too, each may be left out. */
type Parts<T> = {
  readonly [Name in keyof T]?: Name extends 'presets' ? Readonly<Record<string, readonly string[]>> : T[Name];
};

const ID = /^[a-z][a-z0-9]{0,39}$/;

/** A whole provider from its definition. Throws `invalid`: what is wrong, where, and what to give. */
export function defined(definition: ProviderDefinition, takenIds: readonly string[]): Provider {
  const where = `defineProvider(${labelOf(definition)})`;
  try {
    definitionShape(definition, '');
    checkId(definition.id, takenIds);
    return withDefaults(definition, placesOf(definition.endpoints));
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    throw new KippuError('invalid', `${where}: ${error.message}`, {
      cause: error,
      ...(error.where === undefined ? {} : { where: error.where }),
    });
  }
}

function labelOf(definition: unknown): string {
  const id = (definition as { readonly id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? id.slice(0, 40) : '';
}

function checkId(id: string, takenIds: readonly string[]): void {
  if (!ID.test(id))
    throw new KippuError('invalid', `"${id}" cannot be an id. Give up to 40 small letters and digits, as in acme.`, {
      where: 'id',
    });
  if (takenIds.includes(id))
    throw new KippuError('invalid', `${id} is a provider that Kippu knows already. Give another id, or use that one.`, {
      where: 'id',
    });
}

/** Absent endpoints of the authorization server are empty: nobody is ever sent there. */
function placesOf(given: Partial<Endpoints>): Endpoints {
  const { authorization = '', token = '' } = given;
  if (authorization !== '' && token === '')
    throw new KippuError('invalid', 'endpoints.token is missing: a code that nobody exchanges is of no use.', {
      where: 'endpoints.token',
    });
  const api = given.api ?? (token === '' ? undefined : new URL(token).origin);
  if (api === undefined)
    throw new KippuError(
      'invalid',
      'endpoints names nothing. Give authorization and token for users, token for app-only tokens, or api for static keys.',
      { where: 'endpoints' },
    );
  // A path counts from here: the slash at the end would be doubled.
  return { ...given, authorization, token, api: api.replace(/\/$/, '') };
}

function withDefaults(definition: ProviderDefinition, endpoints: Endpoints): Provider {
  const { scopes, clientAuth, access, refresh, identity, callback } = definition;
  const hasTokens = endpoints.token !== '';
  return {
    // RFC 7636, section 4.2; whoever does not know it must ignore it (RFC 6749, section 3.1).
    pkce: 'S256',
    // RFC 6749, section 4.1.2: ten minutes at the most.
    codeLifetimeMs: 10 * MINUTE_MS,
    tokenErrors: [],
    revocation: { method: endpoints.revocation === undefined ? 'none' : 'rfc7009' },
    grantsPerSubject: 'many',
    quirks: {},
    evidence: {},
    unverified: [],
    ...(hasTokens ? { appOnly: {} } : {}),
    ...definition,
    endpoints,
    scopes: { separator: ' ', known: [], ...scopes, presets: { default: [], ...scopes?.presets } },
    // RFC 6749, section 2.3.1: every server that gives out secrets takes HTTP Basic.
    clientAuth: { confidential: 'basic', ...clientAuth },
    access: { lifetimeMs: HOUR_MS, whenMissing: 'unknown', ...access },
    refresh: { ...CAREFUL, ...refresh },
    identity: { path: '', subject: '/sub', handle: '/preferred_username', mayBeBilled: false, ...identity },
    callback: { loopbackHost: 'any', registeredMax: 100, ...callback },
  };
}

/**
 * Of a server that nobody has described, the worst is believed: a refresh token works once, and presenting it twice ends
 * the grant (RFC 9700, section 4.14.2). Where that is wrong, nothing is lost but some waiting after a lost answer.
 */
const CAREFUL: Provider['refresh'] = {
  rotation: 'single-use',
  reuseGraceMs: 0,
  graceForksFamily: false,
  reuseKillsFamily: true,
  renewalKillsAccess: false,
};
