import type { Mutant } from './mutation.ts';

const DATABASE = 'src/store/postgres/database.ts';

/** Mistakes that only transactions show which go on side by side, or a connection that breaks. */
export const POSTGRES_LOCK_MUTANTS: readonly Mutant[] = [
  {
    name: 'settles what it has not locked',
    patches: [
      {
        file: 'src/store/postgres/settlement-queries.ts',
        search: 'where c.connection_id = :id for no key update of c, n`,',
        replace: 'where c.connection_id = :id`,',
      },
    ],
  },
  {
    name: 'changes a post that it has not locked',
    patches: [
      {
        file: 'src/store/postgres/post-queries.ts',
        search: "'select version from kippu.posts where id = :id for no key update'",
        replace: "'select version from kippu.posts where id = :id'",
      },
    ],
  },
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
];
