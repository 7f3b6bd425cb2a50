import type { Mutant } from './mutation.ts';

const DATABASE = 'src/store/postgres/database.ts';
const SETTLEMENTS = 'src/store/postgres/settlement-queries.ts';
const POSTS = 'src/store/postgres/post-queries.ts';

/** Mistakes that only transactions show which go on side by side. */
export const POSTGRES_LOCK_MUTANTS: readonly Mutant[] = [
  {
    name: 'numbers events without a turn',
    patches: [
      {
        file: 'src/store/postgres/event-queries.ts',
        search: "  await takeTurn(tx, 'numbering of events');\n",
        replace: '  void takeTurn;\n',
      },
    ],
  },
  {
    name: 'takes notices without a turn',
    patches: [
      {
        file: 'src/store/postgres/delivery-queries.ts',
        search: "  await takeTurn(tx, 'taking of deliveries');\n",
        replace: '  void takeTurn;\n',
      },
    ],
  },
];

/**
 * Mistakes that no history has shown so far, of forty to two hundred each: another guard mostly stands behind the one that they remove. Each is a
 * question to the simulation that is still open. They are run when they are asked for by a word of their names.
 */
export const POSTGRES_QUESTIONS: readonly Mutant[] = [
  {
    name: 'settles what it has not locked',
    patches: [
      {
        file: SETTLEMENTS,
        search: 'where c.connection_id = :id for no key update of c, n`,',
        replace: 'where c.connection_id = :id`,',
      },
    ],
  },
  {
    name: 'changes a post that it has not locked',
    patches: [
      {
        file: POSTS,
        search: "'select version from kippu.posts where id = :id for no key update'",
        replace: "'select version from kippu.posts where id = :id'",
      },
    ],
  },
  {
    name: 'goes on before the commit',
    patches: [
      {
        file: DATABASE,
        search: "      if (done.kind === 'commit') await commit(client);",
        replace: "      if (done.kind === 'commit') commit(client).catch(() => undefined);",
      },
    ],
  },
  {
    name: 'does again what may be committed',
    patches: [
      {
        file: DATABASE,
        search: "    if (failureOf(error) === 'away') throw unavailable(error, 'commit');\n",
        replace: '    void failureOf;\n',
      },
    ],
  },
  {
    name: 'claims a post without a look at it',
    patches: [
      {
        file: POSTS,
        search: "    if (row === undefined || integer(row, 'version') !== version - 1) return { kind: 'moved' };",
        replace:
          "    if (row === undefined || integer(row, 'version') < 0) return { kind: 'moved' };\n    void version;",
      },
    ],
  },
  {
    name: 'lets go of a lease by its number alone',
    patches: [
      {
        file: SETTLEMENTS,
        search: 'lease_fence = :fence and (attempt_id is null or attempt_id = :attemptId)`,',
        replace: 'lease_fence = :fence and :attemptId = :attemptId`,',
      },
    ],
  },
  {
    name: 'claims what it read before somebody moved it',
    patches: [
      {
        file: 'src/store/postgres/credential-queries.ts',
        search: 'where connection_id = :id and version = :version and attempt_id is not distinct from :openAttemptId',
        replace: 'where connection_id = :id and :version > 0 and :openAttemptId is not distinct from :openAttemptId',
      },
    ],
  },
  {
    name: 'calls revoked what has given way to a late pair',
    patches: [
      {
        file: 'src/store/postgres/connection-queries.ts',
        search: "  if (integer(row, 'version') !== claim.version) {",
        replace: "  if (integer(row, 'version') < claim.version) {",
      },
    ],
  },
  {
    name: 'believes a rejection at first sight',
    patches: [
      {
        file: SETTLEMENTS,
        search: "  if (!isLatest(row, claim) || text(row, 'state') === 'revoked') return 'moved';",
        replace: '',
      },
    ],
  },
];
