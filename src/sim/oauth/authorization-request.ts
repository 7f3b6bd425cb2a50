import { FEATURES } from '../features.ts';
import { isPlayed, QUIRKS, sideOf } from '../quirks.ts';
import type { AuthorizationRequest } from '../state.ts';
import { repeatedName } from '../wire.ts';
import type { World } from '../world.ts';
import { clientIdNameAt, registeredClient } from './client-check.ts';
import { redirectUriProblem } from './redirect-uri.ts';

export type ReadRequest =
  | { readonly kind: 'accepted'; readonly request: AuthorizationRequest }
  /** The redirect URI is trusted: the client is told. */
  | { readonly kind: 'redirected'; readonly location: string }
  /** It is not: only the person in front of the page is told. */
  | { readonly kind: 'untrusted'; readonly problem: string };

/** Reads an authorization request (RFC 6749, section 4.1.1; RFC 7636, section 4.3). */
export function readAuthorizationRequest(world: World, query: URLSearchParams): ReadRequest {
  const clientId = query.get(clientIdNameAt(world)) ?? '';
  const redirectUri = query.get('redirect_uri') ?? '';
  if (clientId === '') return { kind: 'untrusted', problem: 'The address has no client_id.' };
  if (registeredClient(world, clientId) === undefined)
    return { kind: 'untrusted', problem: `No app has the client id ${clientId}.` };
  if (redirectUri === '') return { kind: 'untrusted', problem: 'The address has no redirect_uri.' };
  const problem = redirectUriProblem(world, clientId, redirectUri);
  if (problem !== undefined) return { kind: 'untrusted', problem };

  const state = query.get('state') ?? undefined;
  const refusal = refusalOf(world, query);
  if (refusal !== undefined) {
    return {
      kind: 'redirected',
      location: withParameters(redirectUri, { error: refusal.error, error_description: refusal.description, state }),
    };
  }
  return {
    kind: 'accepted',
    request: {
      clientId,
      redirectUri,
      state,
      scopes: scopesOf(world, query),
      nonce: world.provider.idToken === undefined ? undefined : (query.get('nonce') ?? undefined),
      audience: parameter(world, 'audience', query),
      organization: parameter(world, 'organization', query),
      challenge: challengeOf(query),
      ...(isOnline(world, query) ? { isOnline: true } : {}),
      ...boundTo(world, query),
    },
  };
}

/** The redirect URI with more parameters, everything else as it was: some clients compare it. */
export function withParameters(redirectUri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const added = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) added.set(name, value);
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${added.toString()}`;
}

interface Refusal {
  readonly error: string;
  readonly description: string;
}

function refusalOf(world: World, query: URLSearchParams): Refusal | undefined {
  const repeated = repeatedName(query);
  if (repeated !== undefined) return invalid(`${repeated} comes more than once.`);
  const isLoose = isPlayed(world.provider, 'looseRequests');
  const responseType = query.get('response_type') ?? (isLoose ? 'code' : null);
  if (responseType === null) return invalid('response_type is missing.');
  if (responseType !== 'code')
    return { error: 'unsupported_response_type', description: 'response_type must be code.' };
  const { stateCharsMax = Number.POSITIVE_INFINITY } = world.provider;
  if (!query.has('state') && demands(world, 'state')) return invalid('state is missing.');
  if ((query.get('state') ?? '').length > stateCharsMax)
    return invalid(`state is longer than ${stateCharsMax} characters.`);
  return scopeRefusal(world, query) ?? challengeRefusal(world, query);
}

function scopeRefusal(world: World, query: URLSearchParams): Refusal | undefined {
  if (sideOf(world.provider, 'permissionsNotScopes') === 'on') return undefined;
  const scopes = scopesOf(world, query);
  if (scopes.length === 0) return invalid('scope is missing.');
  const { known, isOpen } = world.provider.scopes;
  // A provider whose scopes nobody has listed refuses none.
  if (isOpen === true || known.length === 0) return undefined;
  const unknown = scopes.find((scope) => !known.includes(scope));
  return unknown === undefined ? undefined : { error: 'invalid_scope', description: `There is no scope ${unknown}.` };
}

function challengeRefusal(world: World, query: URLSearchParams): Refusal | undefined {
  const challenge = query.get('code_challenge');
  const method = query.get('code_challenge_method') ?? 'plain';
  if (challenge === null) return demands(world, 'code_challenge') ? invalid('code_challenge is missing.') : undefined;
  if (method !== 'S256' && method !== 'plain') return invalid('code_challenge_method must be S256 or plain.');
  const form = method === 'S256' ? /^[A-Za-z0-9_-]{43}$/ : /^[A-Za-z0-9._~-]{43,128}$/;
  return form.test(challenge) ? undefined : invalid(`code_challenge does not have the form that ${method} gives it.`);
}

/** The RFCs leave both to the client. */
function demands({ provider }: World, name: 'state' | 'code_challenge'): boolean {
  return provider.demands?.includes(name) === true && !isPlayed(provider, 'looseRequests');
}

function invalid(description: string): Refusal {
  return { error: 'invalid_request', description };
}

/** What the request's parameters ask for, each scope once. */
export function scopesOf({ provider }: World, query: URLSearchParams): readonly string[] {
  const asked = (query.get('scope') ?? '').split(provider.scopes.separator).filter((scope) => scope !== '');
  return QUIRKS.permissionsNotScopes[sideOf(provider, 'permissionsNotScopes')]([...new Set(asked)]);
}

/** One of the parameters that this provider knows besides the standard ones. */
export function parameter(
  { provider }: World,
  name: 'audience' | 'organization',
  query: URLSearchParams,
): string | undefined {
  const sentAs = provider.appParameters?.[name];
  return sentAs === undefined ? undefined : (query.get(sentAs) ?? undefined);
}

/** Whether parameters are missing without which no refresh token is given. */
function isOnline({ provider }: World, query: URLSearchParams): boolean {
  const { needsParams = {} } = provider.refresh;
  return Object.entries(needsParams).some(([name, value]) => query.get(name) !== value);
}

function boundTo({ provider }: World, query: URLSearchParams): Pick<AuthorizationRequest, 'proofThumbprint'> {
  const thumbprint = query.get('dpop_jkt');
  return thumbprint === null || !FEATURES.dpop(provider) ? {} : { proofThumbprint: thumbprint };
}

function challengeOf(query: URLSearchParams): AuthorizationRequest['challenge'] {
  const value = query.get('code_challenge');
  return value === null
    ? undefined
    : { method: query.get('code_challenge_method') === 'S256' ? 'S256' : 'plain', value };
}
