import type { FaultPoint } from '../../src/model/fault-points.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Fingerprinter } from '../../src/model/vault.ts';
import type { Row } from '../../src/store/sqlite/database.ts';
import type { SimulatedStore } from './engine.ts';
import type { InvariantName, Violation } from './invariants.ts';
import type { Journal } from './journal.ts';
import type { Life } from './life.ts';
import { NoticeOracle } from './notice-oracle.ts';
import { AFTER_DEATH_MS, broughtBy, type Exchange } from './network.ts';
import type { Plan } from './plan.ts';
import { PostingOracle } from './posting-oracle.ts';
import type { Grant, ProviderModel, RefreshToken } from './provider-model.ts';
import type { ReceiverModel } from './receiver-model.ts';
import { ScheduleOracle } from './schedule-oracle.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { isEndedByOthers, reasonOf, standing, textOf, type SeenConnection } from './standing.ts';

export interface OracleSight {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly store: SimulatedStore;
  readonly provider: ProviderModel;
  readonly receiver: ReceiverModel;
  readonly exchanges: () => readonly Exchange[];
  readonly nodes: () => readonly SimulatedNode[];
  readonly fingerprinter: Fingerprinter;
  readonly journal: Journal;
  /** How often this text may stand on the network: once a post, and once more where its author has allowed one more try. */
  readonly wanted: (text: string) => number;
}

/** A stalled commit is given up after a second; a disk is quick. */
const DURABLE_WITHIN_MS = 3_000;
/** So long a sender may listen, less the jumps of the clocks. */
const LISTENS_MS = 60_000;
/** After this, whoever sent a request does not count on its being handled any more: 250 s, less what came before it. */
const PATIENCE_MS = 225_000;

/** Watches everything and knows the truth; no process ever hears of it. */
export class Oracle {
  violation: Violation | undefined;
  readonly #sight: OracleSight;
  readonly #seen = new Map<string, SeenConnection>();
  readonly #posting: PostingOracle;
  readonly schedules: ScheduleOracle;
  readonly notices: NoticeOracle;
  readonly #lastRefresh = new Map<string, string>();
  readonly #tokens = new Map<string, RefreshToken>();
  /** Refresh tokens that have been durable here at some time. */
  readonly #everKept = new Set<RefreshToken>();
  /** Of those, the ones that went through a spool, which keeps them for longer than any history lasts. */
  readonly #everSpooled = new Set<RefreshToken>();
  /** Brought to a process, and not durable yet. */
  readonly #inHand = new Set<RefreshToken>();
  /** When a standby was last promoted: claims of before may be gone with it, and settlements too. */
  promotedAtMs: number | undefined;
  /** Grants that a reuse has ended which nothing here could prevent, or which somebody asked for. */
  readonly #excused = new Set<Grant>();
  /** Users for whom somebody has asked for a renewal whatever it costs. */
  readonly forced = new Set<string>();

  constructor(sight: OracleSight) {
    this.#sight = sight;
    const accuse = (invariant: InvariantName, detail: string): void => {
      this.accuse(invariant, detail);
    };
    this.#posting = new PostingOracle(sight, accuse);
    this.schedules = new ScheduleOracle(sight, accuse);
    this.notices = new NoticeOracle(sight, accuse);
  }

  accuse(invariant: InvariantName, detail: string): void {
    if (this.violation !== undefined) return;
    const named = this.#sight.journal.withNames(detail);
    this.violation = { invariant, detail: named, atMs: this.#sight.scheduler.nowMs };
    this.#sight.journal.tell('oracle', () => `BROKEN: ${invariant}: ${named}`);
  }

  /** A request left. */
  sent(exchange: Exchange): void {
    const { presented, sentAtMs } = exchange;
    if (exchange.endpoint === 'notice') this.notices.sent(exchange);
    if (presented === undefined || this.#sight.provider.provider.refresh.rotation === 'reusable') return;
    for (const earlier of this.#sight.exchanges()) {
      if (earlier.presented !== presented || earlier.endpoint !== 'token') continue;
      if (sentAtMs - earlier.sentAtMs > PATIENCE_MS - this.#clocksApartMs()) continue;
      // The claim that would have kept this one away was not on the standby.
      if (this.promotedAtMs !== undefined && sentAtMs - this.promotedAtMs <= PATIENCE_MS) continue;
      // A revocation waits for whoever still listens; after him, or once he stands still, it cannot make anything worse.
      if (exchange.endpoint === 'revocation' && !this.#isListening(earlier)) continue;
      const why = this.#isOpen(earlier);
      if (why !== undefined) {
        this.accuse(
          'one presenter',
          `${exchange.life.name} presents ${presented}, and of request ${earlier.number} ${why}`,
        );
      }
    }
  }

  #isNearPromotion(atMs: number): boolean {
    return this.promotedAtMs !== undefined && Math.abs(atMs - this.promotedAtMs) <= PATIENCE_MS;
  }

  /** On one machine patience is counted by a clock that never jumps. */
  #clocksApartMs(): number {
    if (!this.#sight.plan.separateMachines) return 0;
    const ahead = this.#sight.nodes().map(({ machine }) => machine.wallAheadMs);
    return Math.max(...ahead) - Math.min(...ahead);
  }

  /** A request was handled, or turned away. */
  handled({ presented, life, sentAtMs }: Exchange): void {
    const spent = presented === undefined ? undefined : this.#sight.provider.refreshTokens.get(presented);
    const { end } = spent?.grant ?? {};
    if (spent === undefined || end?.why !== 'reuse' || end.atMs !== this.#sight.scheduler.nowMs) return;
    // Also where it is the claim of whoever spent it that the standby lacks, and he has stood still since.
    const spentBy = this.#sight.exchanges().filter((exchange) => exchange.presented === presented);
    const isAfterPromotion = [sentAtMs, ...spentBy.map((exchange) => exchange.sentAtMs)].some((atMs) =>
      this.#isNearPromotion(atMs),
    );
    if (this.forced.has(spent.grant.user) || isAfterPromotion) {
      this.#excused.add(spent.grant);
      return;
    }
    const kept = this.#descendants(spent).find((token) => this.#isKept(token) || this.#isInHand(token));
    if (kept !== undefined)
      this.accuse('no family killed', `${life.name} presented ${spent.text}, and ${kept.text} was here`);
  }

  /** The store has changed. */
  changed(what: 'commit' | 'promotion'): void {
    if (what === 'promotion') this.promotedAtMs = this.#sight.scheduler.nowMs;
    this.#noteKept();
    this.#posting.watch();
    this.schedules.watch(what);
    this.notices.watch(what);
    for (const row of this.#sight.store.all(STANDING_SQL)) {
      const id = String(row['id']);
      const before = this.#seen.get(id);
      const now = standing(row);
      this.#seen.set(id, now);
      if (now.refresh !== undefined) this.#lastRefresh.set(id, now.refresh);
      if (before === undefined || what === 'promotion') continue;
      if (now.version < before.version)
        this.accuse('no newer overwritten', `${id}: ${before.version} → ${now.version}`);
      this.#watchRefresh(id, before, now);
      if (before.state === now.state) continue;
      this.#sight.journal.meet('connection', `${before.state} → ${now.state}`);
      this.#sight.journal.tell('store', () => `${id} is ${now.state}${reasonOf(row)}, and was ${before.state}`);
      if (now.state === 'reauth_required') {
        this.#sight.journal.meet('reason', String(row['state_reason']));
        this.#doubtReauth(row, { isEnd: false });
      }
    }
  }

  /** A process is about to die, or the history is over: what it has in its hands since long should be durable. */
  heldBy(life: Life): void {
    for (const { life: reader, endedAtMs, presented, ...exchange } of this.#sight.exchanges()) {
      if (reader !== life || endedAtMs === undefined || presented === undefined) continue;
      const brought = this.#broughtBy(exchange);
      const isFresh = this.#sight.scheduler.nowMs - Math.max(endedAtMs, life.heldUpUntilMs) < DURABLE_WITHIN_MS;
      if (brought === undefined || isFresh || this.#everKept.has(brought)) continue;
      this.accuse(
        'durable at once',
        `${life.name} had ${brought.text} for ${this.#sight.scheduler.nowMs - endedAtMs} ms`,
      );
    }
  }

  /** Somebody has called a connection uncertain because its sender is gone or silent. */
  doubted(id: string): void {
    const row = this.#sight.store.get('select refresh_fingerprint from credentials where connection_id = :id', { id });
    const token = this.tokenOf(textOf(row?.['refresh_fingerprint']));
    for (const exchange of this.#sight.exchanges()) {
      const { life, presented, endpoint } = exchange;
      // Whoever revokes after a long stop does no harm, and nobody waits for his answer.
      if (endpoint !== 'token') continue;
      if (token === undefined || presented !== token.text || !this.#isListening(exchange)) continue;
      // The standby knows nothing of his claim; the doubt is about another's.
      if (this.promotedAtMs !== undefined && exchange.sentAtMs - this.promotedAtMs <= PATIENCE_MS) continue;
      this.accuse('no false doubt', `${id}, while ${life.name} listens for an answer to ${presented}`);
    }
  }

  #isListening({ life, endedAtMs, sentAtMs }: Exchange): boolean {
    if (endedAtMs !== undefined || life.isDead || life.isPaused || life.heldUpUntilMs > sentAtMs) return false;
    return this.#sight.scheduler.nowMs - sentAtMs <= LISTENS_MS;
  }

  reached(point: FaultPoint): void {
    if (point === 'spool.synced') this.#noteKept();
    this.#sight.journal.meet('fault point', point);
  }

  /** Everything has settled, or had the time to. */
  atTheEnd(): void {
    for (const row of this.#sight.store.all(STANDING_SQL)) {
      if (row['state'] === 'reauth_required') this.#doubtReauth(row, { isEnd: true });
    }
    for (const exchange of this.#sight.exchanges()) this.#doubtLoss(exchange);
    for (const token of this.#everSpooled) {
      if (!this.#isKept(token)) this.accuse('no answer lost', `${token.text} was in a spool and is nowhere`);
    }
    for (const node of this.#sight.nodes()) this.heldBy(node.now.life);
    this.#doubtRevocations();
    this.#doubtSeals();
    const hasPromoted = this.promotedAtMs !== undefined;
    this.#posting.doubt({ hasPromoted });
    this.schedules.doubt({ hasPromoted });
    this.notices.doubt();
  }

  tokenOf(fingerprint: string | undefined): RefreshToken | undefined {
    if (fingerprint === undefined) return undefined;
    for (const token of this.#sight.provider.refreshTokens.values()) {
      const known = this.#sight.fingerprinter.fingerprint(new Secret(token.text));
      if (!this.#tokens.has(known)) this.#tokens.set(known, token);
    }
    return this.#tokens.get(fingerprint);
  }

  /** Why a presentation is not over yet, if it is not. */
  #isOpen(earlier: Exchange): string | undefined {
    if (!earlier.isHandledOrLost) {
      const { diedAtMs } = earlier.life;
      const isCut = diedAtMs !== undefined && this.#sight.scheduler.nowMs > diedAtMs + AFTER_DEATH_MS;
      return isCut ? undefined : 'nobody knows yet whether it arrives';
    }
    const brought = earlier.handled?.issued;
    if (brought === undefined || earlier.isAnswerLost || earlier.life.isDead) return undefined;
    if (earlier.endedAtMs === undefined) return 'the answer is still on its way to a living process';
    if (this.#broughtBy(earlier) !== undefined && !this.#everKept.has(brought))
      return 'the answer is in the hands of a living process';
    return undefined;
  }

  #watchRefresh(id: string, before: SeenConnection, now: SeenConnection): void {
    if (before.refresh === now.refresh) return;
    const [older, newer] = [this.tokenOf(before.refresh), this.tokenOf(now.refresh)];
    if (older === undefined || newer === undefined) return;
    const { grants } = this.#sight.provider;
    // Of two consents at once, the one that is attached last counts, whichever the provider gave first.
    const isRenewal = newer.parent !== undefined;
    if (isRenewal && grants.indexOf(newer.grant) < grants.indexOf(older.grant)) {
      this.accuse('no newer overwritten', `${id}: ${older.text} gave way to ${newer.text}, of an earlier consent`);
    }
    // Within one grant, what was issued later is the truth; once the provider has refused it, an orphan is tried.
    const isRefused = this.#sight
      .exchanges()
      .some(
        ({ presented, handled }) => presented === older.text && handled !== undefined && handled.issued === undefined,
      );
    if (isRefused) return;
    if (newer.grant === older.grant && newer.issuedAtMs < older.issuedAtMs) {
      this.accuse('no newer overwritten', `${id}: ${older.text} gave way to ${newer.text}, which is older`);
    }
  }

  /** A grant that has ended here, and not there. */
  #doubtReauth(row: Row, { isEnd }: { readonly isEnd: boolean }): void {
    const reason = String(row['state_reason']);
    if (reason === 'superseded') return;
    const stored = this.tokenOf(textOf(row['refresh_fingerprint']) ?? this.#lastRefresh.get(String(row['id'])));
    if (stored === undefined || isEndedByOthers(stored.grant) || this.#excused.has(stored.grant)) return;
    const good = [...this.#sight.provider.refreshTokens.values()].filter(
      (token) =>
        token.grant === stored.grant &&
        token.spentAtMs === undefined &&
        !this.#sight.provider.isOver(token, this.#sight.scheduler.nowMs),
    );
    for (const token of good) {
      // Where replays are forbidden, what may be spent is given up although it may be good.
      if (token === stored && !this.#sight.plan.replay && reason === 'answer_lost') continue;
      const isHere =
        this.#isStored(token) || token === stored || (isEnd && (this.#isSpooled(token) || this.#isInHand(token)));
      if (isHere)
        this.accuse('no false reauth', `${String(row['id'])}: ${token.text} is good, and it is here (${reason})`);
    }
  }

  #doubtLoss(exchange: Exchange): void {
    const brought = exchange.presented === undefined ? undefined : this.#broughtBy(exchange);
    if (brought === undefined || exchange.life.isDead) return;
    if (!this.#everKept.has(brought))
      this.accuse('no answer lost', `${brought.text} reached ${exchange.life.name} and is nowhere`);
  }

  /** Half an answer that cost nothing may be asked for again: the token that was presented is as good as before. */
  #broughtBy(exchange: Pick<Exchange, 'handled' | 'delivered'>): RefreshToken | undefined {
    const { delivered } = exchange;
    const isWhole = delivered?.kind === 'answered' && delivered.complete;
    if (!isWhole && this.#sight.provider.provider.renewal !== undefined) return undefined;
    return broughtBy(exchange);
  }

  /** What nobody here ever held cannot be revoked by anybody here. */
  #doubtRevocations(): void {
    const revoked = this.#sight.store.all(REVOKED_SQL);
    for (const { id, name } of revoked) {
      const last = this.tokenOf(this.#lastRefresh.get(String(id)));
      const good = [...this.#sight.provider.refreshTokens.values()].find(
        (token) =>
          token.grant === last?.grant &&
          this.#everKept.has(token) &&
          this.#sight.provider.isGood(token, this.#sight.scheduler.nowMs),
      );
      if (good !== undefined && this.promotedAtMs === undefined)
        this.accuse('revoked is revoked', `${String(name)}: ${good.text} is good`);
    }
  }

  #doubtSeals(): void {
    const places: [string, Uint8Array][] = [['the store', this.#sight.store.bytes()]];
    for (const node of this.#sight.nodes())
      for (const bytes of node.disk.contents) places.push([`the spool of ${node.name}`, bytes]);
    for (const [place, bytes] of places) {
      const at = Buffer.from(bytes).indexOf('canary-');
      if (at >= 0)
        this.accuse('every secret sealed', `${Buffer.from(bytes).toString('latin1', at, at + 30)} in ${place}`);
    }
  }

  #descendants(of: RefreshToken): readonly RefreshToken[] {
    return [...this.#sight.provider.refreshTokens.values()].filter((token) => {
      for (let one = token.parent; one !== undefined; one = one.parent) if (one === of) return true;
      return false;
    });
  }

  /** Stored, or spent, or kept as an orphan. */
  isKnownHere(token: RefreshToken): boolean {
    return this.#isStored(token);
  }

  #isKept(token: RefreshToken): boolean {
    return this.#isStored(token) || this.#isSpooled(token);
  }

  #isStored(token: RefreshToken): boolean {
    const fingerprint = this.#sight.fingerprinter.fingerprint(new Secret(token.text));
    return this.#sight.store.get(KNOWN_SQL, { fingerprint }) !== undefined;
  }

  #isSpooled(token: RefreshToken): boolean {
    const fingerprint = this.#sight.fingerprinter.fingerprint(new Secret(token.text));
    return this.#sight.nodes().some(
      (node) =>
        node.disk.fileNames.length > 0 &&
        node
          .spoolOf()
          .entries()
          .some(({ settlement }) => settlement.refreshFingerprint === fingerprint),
    );
  }

  /** Delivered to a process that lives, and not durable yet. */
  #isInHand(token: RefreshToken): boolean {
    if (this.#everKept.has(token)) return false;
    return this.#sight.exchanges().some((exchange) => !exchange.life.isDead && this.#broughtBy(exchange) === token);
  }

  /** An answer has reached a process. */
  ended(exchange: Exchange): void {
    const brought = this.#broughtBy(exchange);
    if (brought !== undefined && !this.#everKept.has(brought)) this.#inHand.add(brought);
  }

  #noteKept(): void {
    for (const token of this.#inHand) {
      const isSpooled = this.#isSpooled(token);
      if (isSpooled) this.#everSpooled.add(token);
      if (!isSpooled && !this.#isStored(token)) continue;
      this.#everKept.add(token);
      this.#inHand.delete(token);
    }
  }
}

const STANDING_SQL = `
  select n.id, n.state, n.state_reason, c.version, c.refresh_fingerprint
  from connections n join credentials c on c.connection_id = n.id`;

/** Only those that were revoked at the provider as well. */
const REVOKED_SQL = `
  select n.id, n.name from connections n where n.state = 'revoked' and (
    select json_extract(e.data, '$.at_provider') from events e
    where e.connection_id = n.id and e.type = 'connection.revoked' order by e.rowid desc limit 1) = 1`;

const KNOWN_SQL = `
  select 1 as known from credentials where refresh_fingerprint = :fingerprint
  union all select 1 from spent_tokens where fingerprint = :fingerprint
  union all select 1 from orphans where refresh_fingerprint = :fingerprint`;
