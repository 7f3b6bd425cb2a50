import type { HttpRequest } from '../../src/model/http.ts';
import type { Handled } from './provider-model.ts';
import { EPOCH_MS } from './life.ts';

/** What stands on the network, whoever put it there. */
export interface RemotePost {
  readonly id: string;
  readonly user: string;
  readonly text: string;
  readonly atMs: number;
  /** We have asked for it. */
  readonly isOurs: boolean;
}

const ID_EPOCH_MS = 1_288_834_974_657;

/** The network that posts go to: it creates whatever it is asked to, and shows it to its author. */
export class Timeline {
  readonly posts: RemotePost[] = [];

  handle(request: HttpRequest, user: string, nowMs: number): Handled {
    return request.method === 'POST' ? this.#create(request, user, nowMs) : this.#read(request, user);
  }

  /** Also by other means than ours. */
  publish(by: Pick<RemotePost, 'user' | 'text' | 'isOurs'>, atMs: number): RemotePost {
    const sequence = BigInt(this.posts.length % 4096);
    const id = String((BigInt(EPOCH_MS + Math.floor(atMs) - ID_EPOCH_MS) << 22n) | sequence);
    const post = { ...by, id, atMs };
    this.posts.push(post);
    return post;
  }

  #create(request: HttpRequest, user: string, nowMs: number): Handled {
    const { text } = JSON.parse(String(request.body)) as { text: string };
    const { id } = this.publish({ user, text, isOurs: true }, nowMs);
    return { status: 201, body: { data: { id, text } } };
  }

  #read(request: HttpRequest, user: string): Handled {
    const sinceId = BigInt(new URL(request.url).searchParams.get('since_id') ?? '0');
    const shown = this.posts.filter((post) => post.user === user && BigInt(post.id) > sinceId).toReversed();
    const data = shown.map(({ id, text }) => ({ id, text, author_id: user }));
    return {
      status: 200,
      body: { ...(data.length === 0 ? {} : { data }), meta: { result_count: data.length } },
    };
  }
}
