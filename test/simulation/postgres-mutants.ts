import { IN_THE_CLEAR } from './in-the-clear.ts';
import type { Mutant } from './mutation.ts';
import { POSTGRES_LOCK_MUTANTS } from './postgres-lock-mutants.ts';

const CREDENTIALS = 'src/store/postgres/credential-queries.ts';
const SETTLEMENTS = 'src/store/postgres/settlement-queries.ts';
const POSTS = 'src/store/postgres/post-queries.ts';
const SCHEDULES = 'src/store/postgres/schedule-queries.ts';

const CREDENTIAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'claims over a living lease',
    patches: [
      {
        file: CREDENTIALS,
        search: '         and (lease_fence is null or lease_expires_at_ms <= :nowMs)\n         and (:purpose',
        replace: '         and (lease_fence is null or :nowMs::bigint > 0)\n         and (:purpose',
      },
      {
        file: CREDENTIALS,
        search: 'version = :version and attempt_id is not distinct from :openAttemptId',
        replace: 'version = :version and :openAttemptId is not distinct from :openAttemptId',
      },
    ],
  },
  {
    name: 'writes no attempt down',
    patches: [
      {
        file: CREDENTIALS,
        search: 'lease_holder = :sender, attempt_id = :attemptId, due_at_ms',
        replace: 'lease_holder = :sender, attempt_id = nullif(:attemptId, :attemptId), due_at_ms',
      },
    ],
  },
  {
    name: 'is not due when its lease ends',
    patches: [
      {
        file: CREDENTIALS,
        search: 'attempt_id = :attemptId, due_at_ms = :leaseExpiresAtMs',
        replace: 'attempt_id = :attemptId, due_at_ms = null',
      },
    ],
  },
  {
    name: 'settles whatever comes',
    patches: [{ file: SETTLEMENTS, search: '  if (hasItsPlace) {', replace: '  if (hasItsPlace || isRotated) {' }],
  },
  {
    name: 'adopts a pair of an earlier grant',
    patches: [
      {
        file: SETTLEMENTS,
        search: "    ? textOrNone(row, 'refresh_fingerprint') === parentFingerprint && isOfThisGrant",
        replace: "    ? textOrNone(row, 'refresh_fingerprint') !== 'nothing' && !isOfThisGrant",
      },
    ],
  },
  {
    name: 'adopts anything of the same grant',
    patches: [
      {
        file: SETTLEMENTS,
        search: "    ? textOrNone(row, 'refresh_fingerprint') === parentFingerprint && isOfThisGrant",
        replace: "    ? textOrNone(row, 'refresh_fingerprint') !== 'nothing' && isOfThisGrant",
      },
    ],
  },
  {
    name: 'imports a copy of what is here, or was spent here',
    patches: [
      {
        file: 'src/connect/import.ts',
        search: '  if (known === undefined) return;',
        replace: '  if (known === undefined || nowhere(known)) return;',
      },
      {
        file: 'src/connect/import.ts',
        search: 'async function identify(',
        replace: 'function nowhere(known: unknown): boolean {\n  return known !== null;\n}\n\nasync function identify(',
      },
      {
        file: 'src/store/postgres/attach-queries.ts',
        search: '  const known = attachment.imported ? await knownHere(tx, attachment) : (same',
        replace: '  const known = attachment.imported ? undefined : (same',
      },
    ],
  },
  {
    name: 'drops what misses the guard',
    patches: [
      {
        file: SETTLEMENTS,
        search: "  await keepOrphan(tx, settlement, settling);\n  return 'orphaned';",
        replace: "  return 'orphaned';",
      },
    ],
  },
  {
    name: 'drops a late pair',
    patches: [
      {
        file: SETTLEMENTS,
        search: '  const isCurrent = isLatest(row, claim);',
        replace: "  const isCurrent = isLatest(row, claim);\n  if (!isCurrent) return 'outdated';",
      },
    ],
  },
  {
    name: 'leaves the lease when it settles',
    patches: [
      {
        file: SETTLEMENTS,
        search: 'where connection_id = :id and lease_fence = :fence and (attempt_id is null',
        replace: 'where connection_id = :id and lease_fence = 0 - :fence::integer and (attempt_id is null',
      },
    ],
  },
  {
    name: 'writes no spent token down',
    patches: [
      {
        file: SETTLEMENTS,
        search: '  if (fingerprint === undefined) return;\n  await tx.run(\n    `insert into kippu.spent_tokens',
        replace: '  if (fingerprint !== null) return;\n  await tx.run(\n    `insert into kippu.spent_tokens',
      },
    ],
  },
  {
    name: 'stores tokens in the clear',
    patches: IN_THE_CLEAR,
  },
];

const OTHER_MUTANTS: readonly Mutant[] = [
  {
    name: 'gives the remote id of one post to another',
    patches: [
      {
        file: POSTS,
        search: '  if (remoteId === undefined) return undefined;\n  const row',
        replace: '  if (remoteId !== null) return undefined;\n  const row',
      },
    ],
  },
  {
    name: 'advances a schedule after its post',
    patches: [
      {
        file: SCHEDULES,
        search: '    settle: (settlement) => db.write((tx) => settle(tx, settlement, ports)),',
        replace: `    async settle(settlement) {
      const { post } = settlement;
      if (post !== undefined) await db.write((tx) => insertPost(tx, post));
      return db.write((tx) => settle(tx, settlement, ports));
    },`,
      },
      { file: SCHEDULES, search: '  if (post !== undefined) await insertPost(tx, post);\n', replace: '' },
    ],
  },
  {
    name: 'makes a run that somebody else has made',
    patches: [
      { file: SCHEDULES, search: "  if (!(await isAt(tx, next.id, next.version - 1))) return 'moved';\n", replace: '' },
      {
        file: SCHEDULES,
        search: "  for (const occurrence of occurrences) if (await isRecorded(tx, occurrence)) return 'known';\n",
        replace: '',
      },
      {
        file: SCHEDULES,
        search: '     values (:scheduleId, :atMs, :outcome, :postId, :detail, :recordedAtMs)`,',
        replace: '     values (:scheduleId, :atMs, :outcome, :postId, :detail, :recordedAtMs) on conflict do nothing`,',
      },
    ],
  },
  {
    name: 'forgets what happens while it plans',
    patches: [
      {
        file: 'src/store/postgres/fan-out.ts',
        search: '  if (last === undefined) return 0;',
        replace: '  if (last === undefined) return 0;\n  if (events.length > 1) events.length = 1;',
      },
    ],
  },
  {
    name: 'sends a notice that somebody else is sending',
    patches: [
      {
        file: 'src/store/postgres/delivery-queries.ts',
        search: 'where d.destination = due.destination and d.taken_until_ms is not null and d.taken_until_ms > :nowMs)',
        replace:
          'where d.destination = due.destination and d.taken_until_ms is not null and d.taken_until_ms < 0 - :nowMs::bigint)',
      },
    ],
  },
];

/** Mistakes in the queries of PostgreSQL: those that could be made in SQLite's as well, and those that only many at once show. */
export const POSTGRES_MUTANTS: readonly Mutant[] = [...CREDENTIAL_MUTANTS, ...OTHER_MUTANTS, ...POSTGRES_LOCK_MUTANTS];
