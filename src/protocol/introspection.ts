import type { HttpAnswer } from '../model/http.ts';
import type { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { UnsignedRequest } from './signed-request.ts';
import { readFields } from './token-answer.ts';
import { formRequest } from './token-request.ts';

const INTROSPECTION_TIMEOUT_MS = 20_000;

export type TokenStanding =
  | { readonly kind: 'active' }
  /** Spent, expired, revoked, or of somebody else: the server does not say which (RFC 7662, section 2.2). */
  | { readonly kind: 'inactive' }
  | { readonly kind: 'unknown'; readonly error: string };

/**
 * Asks what a token is good for, without using it (RFC 7662, section 2.1). Nothing where the provider does not tell, or
 * would tell a public client nothing: the endpoint wants an app that proves who it is.
 */
export function introspectionRequest(
  app: ProviderApp,
  token: Secret,
  hint: 'access_token' | 'refresh_token',
): UnsignedRequest | undefined {
  const { introspection } = app.endpoints;
  if (introspection === undefined) return undefined;
  if (app.clientSecret === undefined && app.clientKey === undefined) return undefined;
  return formRequest(app, introspection, { token: token.reveal(), token_type_hint: hint }, INTROSPECTION_TIMEOUT_MS);
}

/** Only a whole answer of 200 with a boolean `active` says anything. */
export function readIntrospection(answer: HttpAnswer): TokenStanding {
  if (answer.kind !== 'answered') return { kind: 'unknown', error: `${answer.cause}: ${answer.detail}` };
  if (answer.status !== 200) return { kind: 'unknown', error: `HTTP ${answer.status}` };
  const { fields, isWhole } = readFields(new TextDecoder().decode(answer.body), answer.complete);
  const { active } = fields;
  if (!isWhole || typeof active !== 'boolean') return { kind: 'unknown', error: 'the answer does not say' };
  return { kind: active ? 'active' : 'inactive' };
}
