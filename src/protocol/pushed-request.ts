import { assertNever } from '../model/assert-never.ts';
import type { HttpAnswer } from '../model/http.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { classifyExchange } from './classify.ts';
import type { UnsignedRequest } from './signed-request.ts';
import { readFields, textField } from './token-answer.ts';
import { formRequest } from './token-request.ts';

const PUSH_TIMEOUT_MS = 20_000;
/** It travels in an address: a server that wants a longer one has misunderstood. */
const REQUEST_URI_CHARS_MAX = 2000;

export type PushedAnswer =
  /** What the browser carries instead of the request (RFC 9126, section 2.2). */
  | { readonly kind: 'pushed'; readonly requestUri: string }
  | { readonly kind: 'misconfigured'; readonly error: string }
  /** The request itself is refused: a scope, a parameter. */
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string };

/** Sends the authorization request ahead, authenticated (RFC 9126, section 2.1). Nothing where the provider takes none. */
export function pushedRequest(app: ProviderApp, params: Readonly<Record<string, string>>): UnsignedRequest | undefined {
  const { pushedAuthorization } = app.endpoints;
  return pushedAuthorization === undefined ? undefined : formRequest(app, pushedAuthorization, params, PUSH_TIMEOUT_MS);
}

export function readPushedAnswer(answer: HttpAnswer, app: ProviderApp, nowMs: number): PushedAnswer {
  if (answer.kind === 'answered' && answer.status >= 200 && answer.status < 300) {
    const { fields, isWhole } = readFields(new TextDecoder().decode(answer.body), answer.complete);
    const requestUri = textField(fields, 'request_uri');
    if (isWhole && requestUri !== undefined && requestUri.length <= REQUEST_URI_CHARS_MAX)
      return { kind: 'pushed', requestUri };
    return { kind: 'unavailable', error: `HTTP ${answer.status} without a request_uri that can be used` };
  }
  const outcome = classifyExchange(answer, app.provider, nowMs);
  switch (outcome.kind) {
    case 'renewed':
    case 'unusable':
      return { kind: 'misconfigured', error: 'tokens came instead of a request_uri: this is no endpoint for requests' };
    case 'unavailable':
    case 'unanswered':
      return { kind: 'unavailable', error: outcome.error };
    case 'misconfigured':
      return { kind: outcome.concerns === 'app' ? 'misconfigured' : 'refused', error: outcome.error };
    case 'rejected':
    case 'code_refused':
      return { kind: 'refused', error: outcome.error };
    default:
      return assertNever(outcome);
  }
}
