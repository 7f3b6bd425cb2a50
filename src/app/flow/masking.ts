import { createHash } from 'node:crypto';
import type { HttpAnswer, HttpRequest } from '../../model/http.ts';
import { errorWords } from '../../protocol/error-words.ts';
import { FLOW_KEYS, type FlowKey, type MaskedAnswer, type MaskedFields, type MaskedRequest } from './flow-step.ts';

/** What is masked, by the name of its field, and what its labels begin with. */
const LABELLED: Readonly<Record<string, string>> = {
  state: 'state',
  code: 'code',
  code_verifier: 'verifier',
  access_token: 'access',
  refresh_token: 'refresh',
  id_token: 'id-token',
};

/** What is shown as it is. A field that is neither here nor above is named and not shown. */
const CLEAR: ReadonlySet<string> = new Set([
  'provider',
  'response_type',
  'client_id',
  'client_key',
  'redirect_uri',
  'scope',
  'code_challenge',
  'code_challenge_method',
  'grant_type',
  'iss',
  'token_type',
  'expires_in',
  'refresh_token_expires_in',
  'refresh_expires_in',
  'status',
]);

/** Shown without anything that looks like a token: a provider may quote what it was sent. */
const WORDS: ReadonlySet<string> = new Set(['error', 'error_description', 'title', 'detail']);

const NOT_SHOWN = '[not shown]';
const CLIENT_SECRET = '[client-secret]';
const VALUE_CHARS_MAX = 500;
const FIELDS_MAX = 30;

/**
 * The labels of one flow's secrets. A label says which secret it is and nothing about it; only hashes are kept, so that
 * a value is known again without being held.
 */
export class Labels {
  readonly #labels = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** The label of a value that stands in such a field; a new one for a value that was not seen before. */
  of(field: string, value: string): string {
    if (value === '') return '';
    const key = `${field}:${hashOf(value)}`;
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    const number = (this.#counts.get(field) ?? 0) + 1;
    this.#counts.set(field, number);
    const label = `[${LABELLED[field] ?? field}-${number}]`;
    this.#labels.set(key, label);
    return label;
  }

  knows(field: string, value: string): boolean {
    return this.#labels.has(`${field}:${hashOf(value)}`);
  }
}

export interface Showable {
  /** Fields that may be shown besides the usual ones: those that the provider's own data name. */
  readonly clear?: ReadonlySet<string>;
  /** Secrets that this message may quote, with their labels. */
  readonly sent?: readonly Labelled[];
}

type Labelled = readonly [value: string, label: string];

/** Fields by name. */
export function maskFields(
  fields: Iterable<readonly [string, string]>,
  labels: Labels,
  { clear = new Set(), sent = [] }: Showable = {},
): MaskedFields {
  const pairs = [...fields].slice(0, FIELDS_MAX);
  const secrets = [...sent, ...labelled(pairs, labels)];
  const masked = pairs.map(([name, value]): [string, string] => {
    if (Object.hasOwn(LABELLED, name)) return [name, labels.of(name, value)];
    if (name === 'client_secret') return [name, CLIENT_SECRET];
    const isWords = WORDS.has(name);
    if (!isWords && !CLEAR.has(name) && !clear.has(name)) return [name, NOT_SHOWN];
    // A second net: whatever a field is called, a secret of this exchange is never shown in it.
    const shown = secrets.reduce((text, [secret, label]) => text.replaceAll(secret, label), value);
    return [name, (isWords ? errorWords(shown) : shown).slice(0, VALUE_CHARS_MAX)];
  });
  return Object.fromEntries(masked);
}

function labelled(pairs: Iterable<readonly [string, string]>, labels: Labels): Labelled[] {
  return [...pairs]
    .filter(([name, value]) => Object.hasOwn(LABELLED, name) && value !== '')
    .map(([name, value]) => [value, labels.of(name, value)]);
}

/** A request to the authorization server's or the resource server's endpoint. */
export function maskRequest(request: HttpRequest, clientId: string, labels: Labels): MaskedRequest {
  const url = new URL(request.url);
  const authorization = request.headers['authorization'];
  return {
    method: request.method,
    url: url.origin + url.pathname,
    headers: authorization === undefined ? {} : { authorization: maskAuthorization(authorization, clientId, labels) },
    fields: maskFields(fieldsOf(request), labels),
  };
}

function maskAuthorization(header: string, clientId: string, labels: Labels): string {
  const [scheme = '', value = ''] = header.split(' ');
  if (isTokenScheme(scheme)) return `${scheme} ${labels.of('access_token', value)}`;
  return scheme.toLowerCase() === 'basic' ? `Basic base64(${clientId}:${CLIENT_SECRET})` : NOT_SHOWN;
}

/** RFC 6750 and RFC 9449, section 7.1. */
function isTokenScheme(scheme: string): boolean {
  return ['bearer', 'dpop'].includes(scheme.toLowerCase());
}

/** The parameters of a request: of its form or JSON body, else of its query; none where it is something else. */
export function fieldsOf({ body, headers, url }: HttpRequest): URLSearchParams {
  if (typeof body !== 'string') return new URL(url).searchParams;
  const type = headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return new URLSearchParams(body);
  const fields = type.startsWith('application/json') ? flat(parse(Buffer.from(body))) : [];
  return new URLSearchParams(fields);
}

/** What an answer to this request could quote of it. */
function secretsIn(request: HttpRequest, labels: Labels): Labelled[] {
  const form = fieldsOf(request);
  const [scheme = '', value = ''] = (request.headers['authorization'] ?? '').split(' ');
  const basic = scheme === 'Basic' ? Buffer.from(value, 'base64').toString('utf8') : '';
  const clientSecrets = [value, basic.slice(basic.indexOf(':') + 1), form.get('client_secret') ?? ''];
  const hidden = clientSecrets.filter((secret) => secret !== '').map((secret): Labelled => [secret, CLIENT_SECRET]);
  return [...labelled(form, labels), ...(isTokenScheme(scheme) ? labelled([['access_token', value]], labels) : hidden)];
}

/** An answer's JSON, flat: `{"data": {"id": "1"}}` is the field `data.id`. Total, whatever arrived. */
export function maskAnswer(
  answer: HttpAnswer,
  labels: Labels,
  { request, clear }: { readonly request: HttpRequest; readonly clear?: ReadonlySet<string> },
): MaskedAnswer {
  if (answer.kind !== 'answered') return { kind: answer.kind, detail: errorWords(`${answer.cause}: ${answer.detail}`) };
  const showable = { sent: secretsIn(request, labels), ...(clear === undefined ? {} : { clear }) };
  return { kind: 'answered', status: answer.status, fields: maskFields(flat(parse(answer.body)), labels, showable) };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    // Not JSON: an answer without fields, of which the status is shown.
    return undefined;
  }
}

function flat(value: unknown, path = '', depth = 0): [string, string][] {
  if (typeof value === 'object' && value !== null) {
    if (depth > 3) return [];
    return Object.entries(value).flatMap(([key, child]) =>
      flat(child, path === '' ? key : `${path}.${key}`, depth + 1),
    );
  }
  return path === '' ? [] : [[path, String(value)]];
}

/** The keys that are seen in a message, in the order of the flow. */
export function keysIn(...messages: readonly (MaskedRequest | MaskedAnswer | undefined)[]): FlowKey[] {
  const names = new Set<string>();
  for (const message of messages) {
    if (message === undefined) continue;
    if ('fields' in message) for (const name of Object.keys(message.fields)) names.add(name);
    const authorization = 'headers' in message ? (message.headers['authorization'] ?? '') : '';
    if (authorization.startsWith('Basic')) names.add('client_id').add('client_secret');
    if (isTokenScheme(authorization.split(' ')[0] ?? '')) names.add('access_token');
  }
  return FLOW_KEYS.filter((key) => names.has(key));
}

function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}
