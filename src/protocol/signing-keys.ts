import type { JSONWebKeySet } from 'jose';
import { HOUR_MS, SECOND_MS, type Clock } from '../model/clock.ts';
import type { HttpAnswer, HttpClient } from '../model/http.ts';
import type { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { verifyIdToken, type IdTokenExpectation, type IdTokenVerdict } from './id-token.ts';
import { CONNECT_TIMEOUT_MS } from './token-request.ts';

/** Keys are asked for again after this, also when every token fits them. */
const KEPT_MS = HOUR_MS;
/** Between two questions for the same keys, whatever tokens come: a stream of strange ones is no stream of requests. */
const ASK_AGAIN_MS = 30 * SECOND_MS;
const KEYS_TIMEOUT_MS = 20_000;
const KEYS_BYTES_MAX = 256 * 1024;

export type CheckedIdToken =
  | Exclude<IdTokenVerdict, { kind: 'unknown_key' }>
  /** The provider's keys could not be had: the token is neither good nor bad yet. */
  | { readonly kind: 'unchecked'; readonly error: string };

/** Whether an ID token is what it says it is. */
export interface IdTokens {
  check(app: ProviderApp, idToken: Secret, expected: Omit<IdTokenExpectation, 'nowMs'>): Promise<CheckedIdToken>;
}

interface Asked {
  readonly atMs: number;
  /** `false`: it brought no keys, and is asked again soon. */
  isGood: boolean;
  readonly answer: Promise<KeysAnswer>;
}

interface KeysAnswer {
  /** Those of an earlier answer, where this one was none. Absent: there was never one. */
  readonly keys: JSONWebKeySet | undefined;
  /** Why they could not be asked for now. */
  readonly trouble: string | undefined;
}

/**
 * Checks ID tokens against the keys that their provider publishes. Keys are kept for an hour. A token signed with one that
 * is not among them asks for them once more, because a provider may change its keys at any time.
 */
export class SigningKeys implements IdTokens {
  readonly #http: HttpClient;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #asked = new Map<string, Asked>();

  constructor({ http, clock }: { readonly http: HttpClient; readonly clock: Pick<Clock, 'nowMs'> }) {
    this.#http = http;
    this.#clock = clock;
  }

  async check(app: ProviderApp, idToken: Secret, expected: Omit<IdTokenExpectation, 'nowMs'>): Promise<CheckedIdToken> {
    const url = app.endpoints.jwks;
    if (url === undefined) return { kind: 'invalid', reason: `${app.provider.name} publishes no keys` };
    const startedAtMs = this.#clock.nowMs();
    for (const ageMs of [KEPT_MS, ASK_AGAIN_MS]) {
      const asked = this.#ask(url, ageMs);
      const { keys, trouble } = await asked.answer;
      if (keys === undefined) return { kind: 'unchecked', error: trouble ?? 'its keys are not known' };
      const verdict = await verifyIdToken(app, idToken, keys, { ...expected, nowMs: startedAtMs });
      if (verdict.kind !== 'unknown_key') return verdict;
      const reason = 'it is signed with a key that the provider does not publish';
      if (asked.atMs >= startedAtMs && trouble === undefined) return { kind: 'invalid', reason };
    }
    return {
      kind: 'unchecked',
      error: 'its key is not among those that the provider published when it was last asked',
    };
  }

  /** The keys, asked for at most so long ago; and never sooner again than half a minute after the last question. */
  #ask(url: string, ageMs: number): Asked {
    const nowMs = this.#clock.nowMs();
    const before = this.#asked.get(url);
    if (before !== undefined && nowMs < before.atMs + (before.isGood ? ageMs : ASK_AGAIN_MS)) return before;
    const asked: Asked = { atMs: nowMs, isGood: true, answer: this.#send(url, before) };
    this.#asked.set(url, asked);
    void asked.answer.then(({ trouble }) => {
      asked.isGood = trouble === undefined;
    });
    return asked;
  }

  async #send(url: string, before: Asked | undefined): Promise<KeysAnswer> {
    const answer = await this.#http.send({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      answerTimeoutMs: KEYS_TIMEOUT_MS,
      bodyBytesMax: KEYS_BYTES_MAX,
    });
    const read = readKeys(answer);
    if (typeof read !== 'string') return { keys: read, trouble: undefined };
    // A provider that cannot be asked has not changed its keys by that.
    return { keys: (await before?.answer)?.keys, trouble: read };
  }
}

/** RFC 7517, section 5; or why they cannot be read. */
function readKeys(answer: HttpAnswer): JSONWebKeySet | string {
  if (answer.kind !== 'answered') return `its keys could not be asked for: ${answer.cause}: ${answer.detail}`;
  if (answer.status !== 200 || !answer.complete) return `its keys could not be asked for: HTTP ${answer.status}`;
  try {
    const set = JSON.parse(new TextDecoder().decode(answer.body)) as Partial<JSONWebKeySet> | null;
    const keys = (Array.isArray(set?.keys) ? set.keys : []).filter((key) => typeof key === 'object' && key !== null);
    // A symmetric key that is published is one that anybody can sign with.
    return { keys: keys.filter(({ kty }) => kty === 'RSA' || kty === 'EC' || kty === 'OKP') };
  } catch {
    // Not JSON: that is the answer.
    return 'its keys could not be read: the answer is not JSON';
  }
}
