import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Bench } from '../measure/bench.ts';
import { peer } from '../world/peers.ts';
import { CLIENT, type Provider } from '../world/provider.ts';

interface Auth {
  readonly api: {
    getAccessToken(options: { readonly body: { readonly accountId: string; readonly userId: string } }): Promise<{
      readonly accessToken: string;
    }>;
  };
  readonly $context: Promise<{
    readonly internalAdapter: {
      createUser(user: object): Promise<{ readonly id: string }>;
      createAccount(account: object): Promise<{ readonly id: string }>;
    };
    runMigrations(): Promise<void>;
  }>;
}

/** Accounts of Better Auth, each with a token. */
export interface BetterAuthAccounts {
  getAccessToken(number: number): Promise<string>;
}

/**
 * Better Auth the way its documentation has it for tokens on the server: the generic OAuth plugin, `getAccessToken` by
 * account and user, tokens encrypted at rest (`encryptOAuthTokens`), logging off. On SQLite through `node:sqlite`, set as
 * Kippu sets it (WAL, a sync for each commit), or on its own adapter in memory.
 */
export async function betterAuth(
  bench: Bench,
  provider: Pick<Provider, 'url' | 'tokenUrl'>,
  { accounts, isEnded, store }: { accounts: number; isEnded: boolean; store: 'sqlite' | 'memory' },
): Promise<BetterAuthAccounts> {
  const { betterAuth: createAuth } = await peer<{ betterAuth: (options: object) => Auth }>('better-auth');
  const { genericOAuth } = await peer<{ genericOAuth: (options: object) => object }>('better-auth/plugins');
  const auth = createAuth({
    baseURL: 'http://127.0.0.1:4190',
    secret: 'a-secret-of-the-bench-with-enough-characters',
    database: store === 'sqlite' ? openSqlite(bench) : await openMemory(),
    account: { encryptOAuthTokens: true },
    logger: { disabled: true },
    telemetry: { enabled: false },
    plugins: [
      genericOAuth({
        config: [
          {
            providerId: 'bench',
            clientId: CLIENT.id,
            clientSecret: CLIENT.secret,
            authorizationUrl: `${provider.url}/authorize`,
            tokenUrl: provider.tokenUrl,
          },
        ],
      }),
    ],
  });
  const context = await auth.$context;
  if (store === 'sqlite') await context.runMigrations();
  const made: { accountId: string; userId: string }[] = [];
  for (let number = 0; number < accounts; number += 1) made.push(await makeAccount(context, number, isEnded));
  return {
    async getAccessToken(number) {
      const body = made[number];
      if (body === undefined) throw new TypeError(`There is no account ${number}.`);
      return (await auth.api.getAccessToken({ body })).accessToken;
    },
  };
}

function openSqlite(bench: Bench): DatabaseSync {
  const db = new DatabaseSync(path.join(bench.folder(), 'better-auth.db'));
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  bench.onEnd(() => {
    db.close();
  });
  return db;
}

async function openMemory(): Promise<unknown> {
  const { memoryAdapter } = await peer<{ memoryAdapter: (db: object) => unknown }>('better-auth/adapters/memory');
  return memoryAdapter({ user: [], account: [], session: [], verification: [] });
}

async function makeAccount(context: Awaited<Auth['$context']>, number: number, isEnded: boolean) {
  const { internalAdapter } = context;
  const user = await internalAdapter.createUser({
    name: `user${number}`,
    email: `user${number}@example.com`,
    emailVerified: true,
  });
  const account = await internalAdapter.createAccount({
    userId: user.id,
    providerId: 'bench',
    accountId: String(number),
    accessToken: `a-token-${number}`.padEnd(90, 'a'),
    refreshToken: `better-auth-${number}-${Math.random()}`.padEnd(90, 'r'),
    accessTokenExpiresAt: new Date(Date.now() + (isEnded ? -3_600_000 : 36_000_000)),
    scope: 'tweet.read tweet.write users.read offline.access',
  });
  return { accountId: account.id, userId: user.id };
}
