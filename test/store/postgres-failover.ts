import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StateView } from '../../src/sim/view.ts';
import { asAdministrator } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import type { KippuProcess, Nodes } from './postgres-nodes.ts';

const SCHEMA = 'failover';

/** A primary and its standby, and a URL that names both. */
export class Pair implements AsyncDisposable {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;

  private constructor(primary: PostgresServer, standby: PostgresServer) {
    this.primary = primary;
    this.standby = standby;
  }

  static async start(): Promise<Pair> {
    const primary = await PostgresServer.start();
    return new Pair(primary, await primary.standby());
  }

  get url(): string {
    const [own, other] = [`127.0.0.1:${this.primary.port}`, `127.0.0.1:${this.standby.port}`];
    return this.primary.url(`schema=${SCHEMA}`).replace(own, `${own},${other}`);
  }

  /** How many connections the standby shows that have been renewed so often. */
  async onStandby(renewals: number): Promise<number> {
    return asAdministrator(this.standby.url(`schema=${SCHEMA}`), async (client) => {
      const { rows } = await client.query(
        `select count(*)::integer as found from ${SCHEMA}.connections where renewals = ${renewals}`,
      );
      return Number((rows[0] as { readonly found: unknown } | undefined)?.found);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.primary.remove(), this.standby.remove()]);
  }
}

/** A token that somebody was given. */
export interface Given {
  readonly user: string;
  readonly fingerprint: string;
}

/** People who ask for tokens, and some who want them renewed at once, at any of the nodes, until they are told to stop. */
export class Storm {
  readonly given: Given[] = [];
  readonly #over = new AbortController();
  readonly #people: readonly Promise<void>[];

  constructor(nodes: readonly KippuProcess[], users: readonly string[]) {
    this.#people = nodes.flatMap((node, index) => [
      this.#ask(node, users, { from: index, renews: false }),
      this.#ask(node, users, { from: index + 1, renews: true }),
    ]);
  }

  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#people);
  }

  async #ask(
    node: KippuProcess,
    users: readonly string[],
    { from, renews }: { readonly from: number; readonly renews: boolean },
  ): Promise<void> {
    for (let turn = from; !this.#over.signal.aborted; turn += 1) {
      const user = users[(turn * 7) % users.length] ?? '';
      if (renews) await node.call('POST', `/v1/connections/x:${user}/renew`).catch(() => undefined);
      else await this.#read(node, user);
      await sleep(30);
    }
  }

  async #read(node: KippuProcess, user: string): Promise<void> {
    const answer = await node.call('GET', `/v1/connections/x:${user}/token`).catch(() => undefined);
    if (answer?.status === 200) this.given.push({ user, fingerprint: fingerprintOf(answer.body['access_token']) });
  }
}

/** As the simulator shows it. */
export function fingerprintOf(token: unknown): string {
  return createHash('sha256').update(String(token)).digest('base64url').slice(0, 16);
}

/** What the provider wrote down of one user's grant, next to what Kippu says of the connection. */
export interface Account {
  readonly user: string;
  readonly state: unknown;
  /** By both sides; they differ where an answer was lost. */
  readonly renewals: { readonly here: unknown; readonly there: number | undefined };
  readonly grantEnd: unknown;
  readonly presentedTwice: number;
}

export async function accountOf(user: string, node: KippuProcess, { sim }: Nodes): Promise<Account> {
  const { body } = await node.call('GET', `/v1/connections/x:${user}`);
  const { grants, tokens } = sim.state();
  const grant = grants.find((one) => one.user === user);
  return {
    user,
    state: body['state'],
    renewals: { here: body['renewals'], there: grant?.renewals },
    grantEnd: grant?.end,
    presentedTwice: tokens.filter((token) => token.grant === grant?.id && token.kind === 'refresh' && token.reuses > 0)
      .length,
  };
}

export function inOrder(account: Account): boolean {
  const { state, renewals, grantEnd, presentedTwice } = account;
  return state === 'active' && renewals.here === renewals.there && grantEnd === null && presentedTwice === 0;
}

/** When the provider issued the token that somebody was given. `undefined`: it never did, or to somebody else. */
export function issuedAtMs({ user, fingerprint }: Given, { grants, tokens }: StateView): number | undefined {
  const token = tokens.find((one) => one.kind === 'access' && one.fingerprint === fingerprint);
  return grants.find(({ id }) => id === token?.grant)?.user === user ? token?.issuedAtMs : undefined;
}
