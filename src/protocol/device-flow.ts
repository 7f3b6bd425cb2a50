import { assertNever } from '../model/assert-never.ts';
import { SECOND_MS } from '../model/clock.ts';
import type { HttpAnswer } from '../model/http.ts';
import { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import { isLoopback, type ProviderApp } from '../providers/provider-app.ts';
import { named } from './authorization-request.ts';
import { classifyExchange } from './classify.ts';
import { readFields, secondsField, textField, type Fields } from './token-answer.ts';
import type { UnsignedRequest } from './signed-request.ts';
import { formRequest, tokenRequest } from './token-request.ts';

const DEVICE_TIMEOUT_MS = 20_000;
/** RFC 8628, section 3.2: what no answer says. */
const INTERVAL_DEFAULT_MS = 5 * SECOND_MS;
/** RFC 8628, section 3.5: by how much a client that was too fast slows down, unless it is told. */
const SLOWER_BY_MS = 5 * SECOND_MS;
/** No provider can make us ask all the time. */
const INTERVAL_MIN_MS = SECOND_MS;
/** How far we slow down by ourselves: the user in front of the page waits. What we are told is kept, whatever it is. */
const BACK_OFF_MAX_MS = 60 * SECOND_MS;

/** What a device shows its user, and what it asks with. */
export interface DeviceCode {
  readonly deviceCode: Secret;
  /** For the user to type, on any other device. Not secret, but whoever types it decides whose account it is. */
  readonly userCode: string;
  readonly verificationUri: string;
  /** The same with the code in it, for a QR code. */
  readonly verificationUriComplete: string | undefined;
  readonly lifetimeMs: number;
  readonly intervalMs: number;
}

export type DeviceAnswer =
  | ({ readonly kind: 'begun' } & DeviceCode)
  | { readonly kind: 'misconfigured'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string };

/** Asks for a device code (RFC 8628, section 3.1). Nothing where the provider has no device flow. */
export function deviceCodeRequest(app: ProviderApp, scopes: readonly string[]): UnsignedRequest | undefined {
  const { provider, endpoints } = app;
  if (endpoints.deviceCode === undefined) return undefined;
  const form = {
    ...(scopes.length === 0 ? {} : { scope: scopes.join(provider.scopes.separator) }),
    ...named(provider.appParameters?.audience, app.audience),
  };
  return formRequest(app, endpoints.deviceCode, form, DEVICE_TIMEOUT_MS, {
    withSecret: provider.quirks.deviceFlowWithoutSecret !== true,
  });
}

export function readDeviceAnswer(answer: HttpAnswer, app: ProviderApp, nowMs: number): DeviceAnswer {
  const code = answer.kind === 'answered' ? readDeviceCode(readFields(textOf(answer), answer.complete)) : undefined;
  if (code !== undefined) return { kind: 'begun', ...code };
  const outcome = classifyExchange(answer, app.provider, nowMs);
  switch (outcome.kind) {
    case 'renewed':
    case 'unusable':
      return { kind: 'misconfigured', error: 'tokens came instead of a device code' };
    case 'unavailable':
    case 'unanswered':
      return { kind: 'unavailable', error: outcome.error };
    case 'misconfigured':
    case 'rejected':
    case 'code_refused':
      return { kind: 'misconfigured', error: outcome.error };
    default:
      return assertNever(outcome);
  }
}

function readDeviceCode({ fields, isWhole }: ReturnType<typeof readFields>): DeviceCode | undefined {
  const deviceCode = textField(fields, 'device_code');
  const userCode = textField(fields, 'user_code');
  const verificationUri = pageField(fields, 'verification_uri');
  const lifetimeS = secondsField(fields, 'expires_in');
  if (!isWhole || deviceCode === undefined || userCode === undefined) return undefined;
  if (verificationUri === undefined || lifetimeS === undefined) return undefined;
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri,
    verificationUriComplete: pageField(fields, 'verification_uri_complete'),
    lifetimeMs: lifetimeS * SECOND_MS,
    intervalMs: Math.max(toldMs(fields) ?? INTERVAL_DEFAULT_MS, INTERVAL_MIN_MS),
  };
}

/** A page that a user can be sent to. */
function pageField(fields: Fields, name: string): string | undefined {
  const text = textField(fields, name);
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  return isSafe ? url?.href : undefined;
}

/** What the user of a device has decided so far. */
export type DevicePoll =
  | { readonly kind: 'granted'; readonly tokens: TokenSet }
  /** Ask again, at the earliest after this. */
  | { readonly kind: 'waiting'; readonly intervalMs: number }
  | { readonly kind: 'denied' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'misconfigured'; readonly error: string }
  /** He has agreed, and no request could carry the access token that came of it. */
  | { readonly kind: 'unusable'; readonly error: string; readonly tokens: TokenSet };

/** Asks whether the user has decided (RFC 8628, section 3.4). */
export function devicePollRequest(app: ProviderApp, deviceCode: Secret): UnsignedRequest {
  return tokenRequest(app, { kind: 'device_code', deviceCode }, DEVICE_TIMEOUT_MS);
}

/** Reads the answer (RFC 8628, section 3.5). Without one, the next question waits twice as long. */
export function readDevicePoll(
  answer: HttpAnswer,
  app: ProviderApp,
  { intervalMs, nowMs }: { readonly intervalMs: number; readonly nowMs: number },
): DevicePoll {
  const fields = answer.kind === 'answered' ? readFields(textOf(answer), answer.complete).fields : {};
  switch (textField(fields, 'error')) {
    case 'authorization_pending':
      return { kind: 'waiting', intervalMs };
    case 'slow_down':
      return { kind: 'waiting', intervalMs: slower(fields, intervalMs) };
    case 'access_denied':
      // With 401 it is the app that is refused (Auth0, for a wrong secret), and not the user who refuses.
      return answer.kind === 'answered' && answer.status === 401
        ? otherwise(answer, app, { intervalMs, nowMs })
        : { kind: 'denied' };
    case 'expired_token':
    // The prose of GitHub's documentation has it the other way round.
    case 'token_expired':
      return { kind: 'expired' };
    default:
      return otherwise(answer, app, { intervalMs, nowMs });
  }
}

/** Never faster than it was told before, whatever this answer says. */
function slower(fields: Fields, intervalMs: number): number {
  return Math.max(toldMs(fields) ?? intervalMs + SLOWER_BY_MS, intervalMs);
}

function toldMs(fields: Fields): number | undefined {
  const seconds = secondsField(fields, 'interval');
  return seconds === undefined ? undefined : seconds * SECOND_MS;
}

function otherwise(
  answer: HttpAnswer,
  app: ProviderApp,
  { intervalMs, nowMs }: { readonly intervalMs: number; readonly nowMs: number },
): DevicePoll {
  const outcome = classifyExchange(answer, app.provider, nowMs);
  switch (outcome.kind) {
    case 'renewed':
      return { kind: 'granted', tokens: { ...outcome.tokens, flow: 'device' } };
    case 'unavailable':
      return { kind: 'waiting', intervalMs: Math.max(outcome.retryAfterMs ?? 0, backedOff(intervalMs)) };
    case 'unanswered':
      return { kind: 'waiting', intervalMs: backedOff(intervalMs) };
    case 'rejected':
    case 'code_refused':
      return { kind: 'refused', error: outcome.error };
    case 'misconfigured':
      return { kind: 'misconfigured', error: outcome.error };
    case 'unusable':
      return outcome;
    default:
      return assertNever(outcome);
  }
}

function backedOff(intervalMs: number): number {
  return Math.max(intervalMs, Math.min(intervalMs * 2, BACK_OFF_MAX_MS));
}

function textOf({ body }: Extract<HttpAnswer, { kind: 'answered' }>): string {
  return new TextDecoder().decode(body);
}
