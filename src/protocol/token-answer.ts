import type { HttpAnswer } from '../model/http.ts';
import { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { Provider } from '../providers/provider.ts';

/** What a body of the token endpoint says, standard or not. */
export type TokenAnswer =
  | { readonly kind: 'tokens'; readonly tokens: TokenSet }
  | {
      readonly kind: 'error';
      readonly error: string;
      readonly description: string | undefined;
      readonly codes?: readonly string[];
    }
  | { readonly kind: 'unreadable' };

/**
 * Reads a token answer (RFC 6749, sections 5.1 and 5.2). Total: any bytes in, an answer out, never a throw, because
 * between a rotated refresh token and its safety stands only what cannot fail. JSON and form bodies are both read, and
 * numbers may come as strings. Of a body that was cut off, what came whole is read; but tokens count only with their
 * refresh token, because without it nobody can tell whether there was one.
 */
export function readTokenAnswer(provider: Provider, { body, complete }: AnswerBody, nowMs: number): TokenAnswer {
  const raw = new TextDecoder().decode(body);
  const { fields, isWhole } = readFields(raw, complete);
  const accessToken = textField(fields, 'access_token');
  if (accessToken === undefined || (!isWhole && textField(fields, 'refresh_token') === undefined)) {
    return readError(fields);
  }
  return {
    kind: 'tokens',
    tokens: {
      accessToken: new Secret(accessToken),
      tokenType: textField(fields, 'token_type') ?? 'bearer',
      refreshToken: secretField(fields, 'refresh_token'),
      idToken: secretField(fields, 'id_token'),
      accessExpiresAtMs: after(nowMs, secondsField(fields, 'expires_in')),
      refreshExpiresAtMs: after(
        nowMs,
        secondsField(fields, 'refresh_token_expires_in') ?? secondsField(fields, 'refresh_expires_in'),
      ),
      scopes: scopesField(provider, fields),
      raw: new Secret(raw),
    },
  };
}

/** RFC 6749, section 5.2; or `error` as an object with a `message` and a `code` (Meta). What names it closer comes along. */
function readError(fields: Fields): TokenAnswer {
  const { error } = fields;
  if (typeof error === 'object' && error !== null) {
    const inner = error as Fields;
    const code = codeField(inner, 'code');
    if (code === undefined) return { kind: 'unreadable' };
    const codes = [codeField(inner, 'error_subcode')].filter((one) => one !== undefined);
    return { kind: 'error', error: code, description: textField(inner, 'message'), codes };
  }
  const text = textField(fields, 'error');
  if (text === undefined) return { kind: 'unreadable' };
  const numbers = Array.isArray(fields['error_codes']) ? (fields['error_codes'] as unknown[]) : [];
  const codes = [...numbers, fields['error_subtype'], fields['suberror']].flatMap((one) =>
    typeof one === 'number' || typeof one === 'string' ? [String(one)] : [],
  );
  return { kind: 'error', error: text, description: textField(fields, 'error_description'), codes };
}

function codeField(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined;
}

export type AnswerBody = Pick<Extract<HttpAnswer, { kind: 'answered' }>, 'body' | 'complete'>;
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of an answer's body, JSON or form; `isWhole: false`: of a body that was cut off, what came whole. */
export function readFields(raw: string, complete: boolean): { readonly fields: Fields; readonly isWhole: boolean } {
  const text = raw.trim();
  if (text.startsWith('{')) {
    const fields = parseObject(text);
    return fields === undefined ? { fields: wholeFields(text), isWhole: false } : { fields, isWhole: true };
  }
  if (!/^[\w.%-]+=/.test(text)) return { fields: {}, isWhole: true };
  // The last value of a form that was cut off may be half a token.
  const whole = complete ? text : text.slice(0, Math.max(0, text.lastIndexOf('&')));
  return { fields: Object.fromEntries(new URLSearchParams(whole)), isWhole: complete };
}

function parseObject(text: string): Fields | undefined {
  const value = parse(text);
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A body that was cut off: that it cannot be read is the answer.
    return undefined;
  }
}

/** The top-level texts and numbers that came whole before a JSON body broke off. */
function wholeFields(text: string): Fields {
  const found = text.matchAll(/"([a-z_]+)"\s*:\s*("(?:[^"\\]|\\.)*"|\d+(?=\s*[,}]))/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, parse(value ?? '')]));
}

export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function secretField(fields: Fields, name: string): Secret | undefined {
  const value = textField(fields, name);
  return value === undefined ? undefined : new Secret(value);
}

/** GitHub once announced its numbers as strings; a negative or absurd one is as good as none. */
export function secondsField(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const seconds = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(seconds) && seconds >= 0 && seconds < 1e10 ? seconds : undefined;
}

function after(nowMs: number, seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : nowMs + Math.round(seconds * 1000);
}

function scopesField(provider: Provider, fields: Fields): string[] | undefined {
  const scope = fields['scope'];
  if (scope === '' && provider.quirks.permissionsNotScopes === true) return [];
  if (typeof scope !== 'string' || scope === '') return undefined;
  return scope
    .split(provider.scopes.separatorInAnswer ?? provider.scopes.separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
