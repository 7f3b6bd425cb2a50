import type { Clock } from '../../src/model/clock.ts';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';

/** What happens to the next request that creates a post. */
export type Script =
  /** Handled and answered. */
  | {
      readonly does: 'publish';
      readonly afterMs?: number;
      readonly status?: number;
      readonly also?: Record<string, unknown>;
    }
  /** Handled; no answer arrives. */
  | { readonly does: 'lose_answer'; readonly cause?: 'timeout' | 'reset' | 'not_http' }
  /** Never arrives, and the client cannot tell. */
  | { readonly does: 'lose_request' }
  | { readonly does: 'fail_to_connect'; readonly cause: 'dns' | 'connect' | 'tls' }
  /** Something else is answered; `handled` publishes the post all the same. */
  | {
      readonly does: 'answer';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
      readonly handled?: boolean;
      readonly afterMs?: number;
      readonly isCut?: boolean;
    };

export interface StoredPost {
  readonly id: string;
  readonly text: string;
  readonly replyTo: string | undefined;
  readonly more: Record<string, unknown>;
}

const ID_EPOCH_MS = 1_288_834_974_657;

/** The id that X gives a post at this time. */
export function snowflake(atMs: number, sequence = 0): string {
  return String(((BigInt(atMs) - BigInt(ID_EPOCH_MS)) << 22n) | BigInt(sequence));
}

/** A few lines of X, which do exactly what a test says, one script a request. Without a script everything works. */
export class ScriptedX implements HttpClient {
  readonly posts: StoredPost[] = [];
  readonly created: HttpRequest[] = [];
  readonly read: HttpRequest[] = [];
  readonly #clock: Clock;
  readonly #scripts: Script[] = [];
  readonly #timelineScripts: HttpAnswer[] = [];
  /** Called in the moment in which the connection is up and nothing has been sent. */
  onConnected: () => void = () => {};
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(...scripts: Script[]): void {
    this.#scripts.push(...scripts);
  }

  nextTimeline(...answers: HttpAnswer[]): void {
    this.#timelineScripts.push(...answers);
  }

  /** Somebody publishes by other means. */
  publish(
    text: string,
    options: { readonly atMs?: number; readonly replyTo?: string; readonly more?: Record<string, unknown> } = {},
  ): string {
    this.#sequence += 1;
    const id = snowflake(options.atMs ?? this.#clock.nowMs(), this.#sequence);
    this.posts.push({ id, text, replyTo: options.replyTo, more: options.more ?? {} });
    return id;
  }

  async send(request: HttpRequest, watch: ExchangeWatch = {}): Promise<HttpAnswer> {
    return request.method === 'POST' ? this.#create(request, watch) : this.#timeline(request);
  }

  async #create(request: HttpRequest, watch: ExchangeWatch): Promise<HttpAnswer> {
    const script = this.#scripts.shift() ?? { does: 'publish' };
    if (script.does === 'fail_to_connect') return { kind: 'not_sent', cause: script.cause, detail: 'scripted' };
    this.onConnected();
    if (watch.mayStillSend?.() === false)
      return { kind: 'not_sent', cause: 'withdrawn', detail: 'withdrawn before the first byte' };
    this.created.push(request);
    const isHandled =
      script.does === 'publish' ||
      script.does === 'lose_answer' ||
      (script.does === 'answer' && script.handled === true);
    const id = isHandled ? this.#publishBody(String(request.body)) : '';
    watch.sent?.();
    if (script.does === 'lose_answer')
      return { kind: 'unanswered', cause: script.cause ?? 'reset', detail: 'scripted' };
    if (script.does === 'lose_request') return { kind: 'unanswered', cause: 'reset', detail: 'scripted' };
    if (script.afterMs !== undefined) await this.#clock.sleep(script.afterMs);
    if (script.does === 'publish')
      return answer(script.status ?? 201, { data: { id, text: 'as it was' }, ...script.also });
    return { ...answer(script.status, script.body ?? {}, script.headers), complete: script.isCut !== true };
  }

  #publishBody(body: string): string {
    const { text, reply } = JSON.parse(body) as { text: string; reply?: { in_reply_to_tweet_id: string } };
    return this.publish(text, reply === undefined ? {} : { replyTo: reply.in_reply_to_tweet_id });
  }

  #timeline(request: HttpRequest): HttpAnswer {
    this.read.push(request);
    const scripted = this.#timelineScripts.shift();
    if (scripted !== undefined) return scripted;
    const sinceId = BigInt(new URL(request.url).searchParams.get('since_id') ?? '0');
    const found = this.posts.filter((post) => BigInt(post.id) > sinceId).toReversed();
    const shown = found.map(({ id, text, replyTo, more }) => ({
      id,
      text,
      author_id: '42',
      ...(replyTo === undefined ? {} : { referenced_tweets: [{ type: 'replied_to', id: replyTo }] }),
      ...more,
    }));
    return answer(200, { ...(shown.length === 0 ? {} : { data: shown }), meta: { result_count: shown.length } });
  }
}

export function answer(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): HttpAnswer & { kind: 'answered' } {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    kind: 'answered',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(text),
    complete: true,
  };
}
