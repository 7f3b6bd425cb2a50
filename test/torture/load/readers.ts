import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServedRead } from '../evidence.ts';
import { pickUp, type KippuNode } from '../node.ts';
import { Chance } from '../plan.ts';
import { connectionOf, type Played } from '../played.ts';
import type { Records } from '../records.ts';

const REST_MS = 60;
/** A reader that finds no node at all asks again for this long. */
const PATIENCE_MS = 30_000;

export interface RefusedThoughLiving {
  readonly handle: string;
  /** Which was asked. */
  readonly node: string;
  readonly fromMs: number;
  readonly atMs: number;
  readonly answer: string;
  /** Of the credential that was stored then. */
  readonly version: number;
  readonly issuedAtMs: number;
}

/** What readers met. */
export interface ReadTally {
  readonly served: ServedRead[];
  /** Milliseconds from the first question to the token, over as many nodes as it took. */
  readonly waits: number[];
  /** By the code of the answer. */
  readonly refused: Record<string, number>;
  readonly refusedThoughLiving: RefusedThoughLiving[];
  /** The node was down, died under the question, or was stopped for longer than a reader waits. */
  unreached: number;
}

export function newTally(): ReadTally {
  return { served: [], waits: [], refused: {}, refusedThoughLiving: [], unreached: 0 };
}

export interface ReaderOptions {
  readonly seed: string;
  readonly handles: readonly string[];
  readonly nodes: readonly KippuNode[];
  readonly played: Played;
  readonly records: Records;
  readonly tally: ReadTally;
  readonly stop: AbortSignal;
}

/** Asks for the token of one connection after the other, of whichever node there is. */
export async function readTokens({ seed, handles, nodes, ...reading }: ReaderOptions): Promise<void> {
  const chance = new Chance(seed);
  while (!reading.stop.aborted) {
    await readOne(chance.pick(handles), () => pickUp(nodes, chance), reading);
    await sleep(chance.upTo(2 * REST_MS));
  }
}

async function readOne(
  handle: string,
  nextNode: () => KippuNode,
  { played, records, tally, stop }: Pick<ReaderOptions, 'played' | 'records' | 'tally' | 'stop'>,
): Promise<void> {
  const connection = connectionOf(played, handle);
  const firstMs = Date.now();
  while (Date.now() - firstMs < PATIENCE_MS && !stop.aborted) {
    const fromMs = Date.now();
    const node = nextNode();
    try {
      const { status, body } = await node.call('GET', `/v1/connections/${connection}/token`);
      const toMs = Date.now();
      if (status === 200) {
        tally.served.push({ handle, tokenHash: hashOf(String(body['access_token'])), fromMs, toMs });
        tally.waits.push(toMs - firstMs);
        return;
      }
      // Somebody's server at that address, and not yet the one that we have the key of.
      if (status === 401) throw new Error('starting');
      const { code = status } = body as { readonly code?: string | number };
      await noteRefusal(
        { handle, connection, node: node.name },
        { code: String(code), fromMs, toMs },
        { records, tally },
      );
      return;
    } catch {
      // Down, killed or stopped: that is what the plan does. An application asks the next one.
      tally.unreached += 1;
      await sleep(100);
    }
  }
}

/**
 * Read at once: if the token of that moment had been there all the while, the refusal was wrong, unless the provider had
 * ended it before its time.
 */
async function noteRefusal(
  { handle, connection, node }: { readonly handle: string; readonly connection: string; readonly node: string },
  { code, fromMs, toMs }: { readonly code: string; readonly fromMs: number; readonly toMs: number },
  { records, tally }: Pick<ReaderOptions, 'records' | 'tally'>,
): Promise<void> {
  tally.refused[code] = (tally.refused[code] ?? 0) + 1;
  const credential = await records.connection(connection);
  if (credential === undefined || credential.state === 'revoked') return;
  const wasThere = credential.accessIssuedAtMs <= fromMs && (credential.accessExpiresAtMs ?? 0) > toMs;
  const { version, accessIssuedAtMs: issuedAtMs } = credential;
  if (wasThere) tally.refusedThoughLiving.push({ handle, node, fromMs, atMs: toMs, answer: code, version, issuedAtMs });
}

/** As the simulator remembers a token. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
