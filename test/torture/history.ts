import type { Batch } from './provider.ts';
import type { FaultKind } from '../../src/sim/faults.ts';
import type { GrantEnd } from '../../src/sim/state.ts';

/** What the provider did, as its journal has it: the other side of the books. */
export interface ProviderHistory {
  readonly consents: readonly ConsentFact[];
  readonly exchanges: readonly ExchangeFact[];
  readonly reuses: readonly ReuseFact[];
  readonly ends: readonly EndFact[];
  readonly posts: readonly PostFact[];
  readonly tokens: ReadonlyMap<string, TokenFact>;
  /** Faults that found their request, by kind. */
  readonly struck: Readonly<Record<string, number>>;
}

export interface ConsentFact {
  readonly grantId: string;
  readonly handle: string;
  readonly atMs: number;
}

/** A refresh token was exchanged: from this moment the old one is dead. */
export interface ExchangeFact {
  readonly grantId: string;
  readonly handle: string;
  readonly atMs: number;
  /** The refresh token that was issued for it. */
  readonly successor: string;
  /** By hash: the access tokens that it ended before their time, where the provider does that. */
  readonly replaced: readonly string[];
  readonly fault: StruckFault | undefined;
}

export interface ReuseFact {
  readonly grantId: string;
  readonly handle: string;
  readonly token: string;
  readonly atMs: number;
}

/** A grant that is over, or the only refresh token of it that is worth anything. */
export interface EndFact {
  readonly grantId: string;
  readonly handle: string;
  readonly why: GrantEnd;
  /** Access tokens ended with it. */
  readonly endsAccess: boolean;
  readonly atMs: number;
}

export interface PostFact {
  readonly id: string;
  readonly handle: string;
  readonly text: string;
  readonly atMs: number;
  readonly fault: StruckFault | undefined;
}

export interface StruckFault {
  readonly kind: FaultKind;
  readonly delayMs: number;
}

export interface TokenFact {
  readonly id: string;
  readonly kind: 'access' | 'refresh';
  readonly grantId: string;
  readonly handle: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | undefined;
  spentAtMs: number | undefined;
  /** Before its time: `replaced` by what a renewal brought, or with its grant. */
  ended: { readonly why: GrantEnd | 'replaced'; readonly atMs: number } | undefined;
}

/** Reads the journal from its beginning. `tokens` is by the hash of the token's text, as the simulator keeps it. */
export function readHistory(batches: readonly Batch[]): ProviderHistory {
  const reader = new HistoryReader();
  for (const batch of batches) reader.read(batch);
  return reader;
}

class HistoryReader implements ProviderHistory {
  readonly consents: ConsentFact[] = [];
  readonly exchanges: ExchangeFact[] = [];
  readonly reuses: ReuseFact[] = [];
  readonly ends: EndFact[] = [];
  readonly posts: PostFact[] = [];
  readonly tokens = new Map<string, TokenFact>();
  readonly struck: Record<string, number> = {};
  readonly #handles = new Map<string, string>();
  readonly #grants = new Map<string, string>();
  readonly #faults = new Map<string, StruckFault>();
  #lastAtMs = 0;

  read(batch: Batch): void {
    const strike = batch.find((event) => event.kind === 'fault_struck');
    const fault = strike === undefined ? undefined : this.#faults.get(strike.faultId);
    if (fault !== undefined) this.struck[fault.kind] = (this.struck[fault.kind] ?? 0) + 1;
    for (const event of batch) this.#apply(event, fault);
    this.#readExchange(batch, fault);
  }

  #apply(event: Batch[number], fault: StruckFault | undefined): void {
    switch (event.kind) {
      case 'fault_ordered':
        this.#faults.set(event.fault.id, { kind: event.fault.kind, delayMs: event.fault.delayMs });
        return;
      case 'user_met':
        this.#handles.set(event.user.id, event.user.handle);
        return;
      case 'grant_opened':
        this.#grants.set(event.grant.id, this.#handles.get(event.grant.userId) ?? '');
        this.consents.push({
          grantId: event.grant.id,
          handle: this.#handleOf(event.grant.id),
          atMs: event.grant.consentedAtMs,
        });
        return;
      case 'grant_ended':
        this.#endGrant(event);
        return;
      case 'token_revoked':
        this.#endToken(event);
        return;
      case 'token_issued':
        this.#lastAtMs = event.token.issuedAtMs;
        this.tokens.set(event.token.hash, {
          id: event.token.id,
          kind: event.token.kind,
          grantId: event.token.grantId,
          handle: this.#handleOf(event.token.grantId),
          issuedAtMs: event.token.issuedAtMs,
          expiresAtMs: event.token.expiresAtMs,
          spentAtMs: undefined,
          ended: undefined,
        });
        return;
      case 'token_reused': {
        const token = this.tokens.get(event.hash);
        // The journal has no instant for it: it is not before what came before it.
        this.reuses.push({
          grantId: token?.grantId ?? '',
          handle: token?.handle ?? '',
          token: event.hash,
          atMs: this.#lastAtMs,
        });
        return;
      }
      case 'post_created':
        this.posts.push({
          id: event.post.id,
          handle: this.#handles.get(event.post.userId) ?? '',
          text: event.post.text,
          atMs: event.post.createdAtMs,
          fault,
        });
        return;
      default:
    }
  }

  #endGrant(event: Extract<Batch[number], { kind: 'grant_ended' }>): void {
    const { grantId, reason: why, atMs } = event;
    const endsAccess = event.access === 'ends';
    this.ends.push({ grantId, handle: this.#handleOf(grantId), why, endsAccess, atMs });
    for (const token of this.tokens.values()) {
      if (token.grantId !== grantId || (token.kind === 'access' && !endsAccess)) continue;
      token.ended ??= { why, atMs };
    }
  }

  /** Somebody revoked it by itself, unless the same request exchanged what it came with. */
  #endToken({ hash, atMs }: Extract<Batch[number], { kind: 'token_revoked' }>): void {
    const token = this.tokens.get(hash);
    if (token === undefined) return;
    const { grantId, handle } = token;
    const why = 'revoked_by_client';
    token.ended ??= { why, atMs };
    if (token.kind === 'refresh') this.ends.push({ grantId, handle, why, endsAccess: false, atMs });
  }

  #readExchange(batch: Batch, fault: StruckFault | undefined): void {
    const spent = batch.find((event) => event.kind === 'token_spent');
    if (spent === undefined) return;
    const replaced = batch.flatMap((event) => (event.kind === 'token_revoked' ? [event.hash] : []));
    for (const hash of replaced) {
      const token = this.tokens.get(hash);
      if (token !== undefined) token.ended = { why: 'replaced', atMs: spent.atMs };
    }
    const parent = this.tokens.get(spent.hash);
    if (parent !== undefined) parent.spentAtMs = spent.atMs;
    const successor = batch.find((event) => event.kind === 'token_issued' && event.token.kind === 'refresh');
    if (parent === undefined || successor?.kind !== 'token_issued') return;
    this.exchanges.push({
      grantId: parent.grantId,
      handle: parent.handle,
      atMs: spent.atMs,
      successor: successor.token.hash,
      replaced,
      fault,
    });
  }

  #handleOf(grantId: string): string {
    return this.#grants.get(grantId) ?? '';
  }
}
