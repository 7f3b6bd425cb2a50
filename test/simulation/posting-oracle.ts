import type { InvariantName } from './invariants.ts';
import { EPOCH_MS } from './life.ts';
import type { OracleSight } from './oracle.ts';
import { runIn } from './schedule-oracle.ts';

/** How far the wall clocks of the nodes are set apart at most. */
const SKEW_MS = 4 * 60_000;

/** The oracle's eye for posts. */
export class PostingOracle {
  readonly #sight: OracleSight;
  readonly #accuse: (invariant: InvariantName, detail: string) => void;
  readonly #posts = new Map<string, string>();

  constructor(sight: OracleSight, accuse: (invariant: InvariantName, detail: string) => void) {
    this.#sight = sight;
    this.#accuse = accuse;
  }

  /** The store has changed. */
  watch(): void {
    if (this.#sight.plan.provider !== 'x') return;
    for (const row of this.#sight.store.all('select id, status from posts')) {
      const [id, status] = [String(row['id']), String(row['status'])];
      const before = this.#posts.get(id) ?? '(none)';
      if (before === status) continue;
      if (!this.#posts.has(id)) this.#sight.journal.name(id, `post ${this.#posts.size + 1}`);
      this.#posts.set(id, status);
      this.#sight.journal.meet('post', `${before} → ${status}`);
      this.#sight.journal.tell('store', () => `${id} is ${status}, and was ${before}`);
    }
  }

  /** Everything has settled: what stands on the network is what was to stand there. */
  doubt({ hasPromoted }: { readonly hasPromoted: boolean }): void {
    const { posts } = this.#sight.provider.timeline;
    const rows = this.#sight.store.all('select id, text, status, remote_id, created_at_ms from posts');
    // A claim that the standby lacked keeps nobody away.
    if (!hasPromoted) this.#doubtDoubles();
    for (const row of rows) {
      if (row['status'] !== 'published') continue;
      const remote = posts.find(({ id }) => id === row['remote_id']);
      const isOlder = remote !== undefined && remote.atMs + EPOCH_MS < Number(row['created_at_ms']) - SKEW_MS;
      if (isOlder || remote?.text !== row['text'])
        this.#accuse('published has its id', `${String(row['id'])}: ${String(row['remote_id'])}`);
    }
  }

  /** Of each text, no more stand on the network than were to be published. */
  #doubtDoubles(): void {
    const posts = this.#sight.provider.timeline.posts.filter(({ isOurs, text }) => isOurs && runIn(text) === undefined);
    for (const text of new Set(posts.map((post) => post.text))) {
      const there = posts.filter((post) => post.text === text).length;
      const wanted = this.#sight.wanted(text);
      if (there > wanted)
        this.#accuse('no double post', `"${text}" stands there ${there} times, and was wanted ${wanted} times`);
    }
  }
}
