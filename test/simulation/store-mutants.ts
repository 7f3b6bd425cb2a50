import type { Mutant } from './mutation.ts';

const CREDENTIALS = 'src/store/sqlite/credential-queries.ts';
const HISTORY = 'src/store/sqlite/history-queries.ts';
const SETTLEMENTS = 'src/store/sqlite/settlement-queries.ts';

/** Mistakes in the guards of the store's transactions. */
export const STORE_MUTANTS: readonly Mutant[] = [
  {
    name: 'claims what it read before somebody moved it',
    patches: [
      {
        file: CREDENTIALS,
        search:
          '     where connection_id = :id and version = :version and attempt_id is :openAttemptId\n       and (lease_fence',
        replace:
          '     where connection_id = :id and :version > 0 and :openAttemptId is :openAttemptId\n       and (lease_fence',
      },
    ],
  },
  {
    name: 'claims over a living lease',
    patches: [
      {
        file: CREDENTIALS,
        search: '       and (lease_fence is null or lease_expires_at_ms <= :nowMs)\n       and (:purpose',
        replace: '       and (lease_fence is null or :nowMs > 0)\n       and (:purpose',
      },
      {
        file: CREDENTIALS,
        search: 'version = :version and attempt_id is :openAttemptId',
        replace: 'version = :version and :openAttemptId is :openAttemptId',
      },
    ],
  },
  {
    name: 'writes no attempt down',
    patches: [
      {
        file: CREDENTIALS,
        search: 'lease_holder = :holder, attempt_id = :attemptId, due_at_ms',
        replace: 'lease_holder = :holder, attempt_id = nullif(:attemptId, :attemptId), due_at_ms',
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
    name: 'calls revoked what has given way to a late pair',
    patches: [
      {
        file: 'src/store/sqlite/connection-queries.ts',
        search: "  if (integer(row, 'version') !== claim.version) {",
        replace: "  if (integer(row, 'version') < claim.version) {",
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
        file: 'src/store/sqlite/connection-queries.ts',
        search: '  const known = attachment.imported ? knownHere(tx, attachment) : (same',
        replace: '  const known = attachment.imported ? undefined : (same',
      },
    ],
  },
  {
    name: 'drops what misses the guard',
    patches: [
      {
        file: SETTLEMENTS,
        search: "  keepOrphan(tx, settlement, settling);\n  return 'orphaned';",
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
    name: 'believes a rejection at first sight',
    patches: [
      {
        file: SETTLEMENTS,
        search: "  if (!isLatest(row, claim) || text(row, 'state') === 'revoked') return 'moved';",
        replace: '',
      },
    ],
  },
  {
    name: 'leaves the lease when it settles',
    patches: [
      {
        file: SETTLEMENTS,
        search: 'set attempt_id = null, lease_expires_at_ms = iif(lease_fence = :fence, null, lease_expires_at_ms),',
        replace: 'set attempt_id = null, lease_expires_at_ms = iif(lease_fence = -:fence, null, lease_expires_at_ms),',
      },
      {
        file: SETTLEMENTS,
        search:
          'lease_holder = iif(lease_fence = :fence, null, lease_holder), lease_fence = iif(lease_fence = :fence, null, lease_fence)\n',
        replace: 'lease_fence = lease_fence\n',
      },
    ],
  },
  {
    name: 'lets go of a lease by its number alone',
    patches: [
      {
        file: SETTLEMENTS,
        search: '(attempt_id = :attemptId or (attempt_id is null and lease_fence = :fence))`,',
        replace: '(attempt_id = :attemptId or lease_fence = :fence)`,',
      },
    ],
  },
  {
    name: 'removes a spool entry at its acknowledgement',
    patches: [
      {
        file: 'src/store/spool.ts',
        search: '        this.#files.acknowledge(entry.file);',
        replace: '        this.#files.remove(entry.file);',
      },
    ],
  },
  {
    name: 'calls a spool entry kept before it is synced',
    patches: [
      {
        file: 'src/store/spool-files.ts',
        search: "      this.#faults.reach('spool.written');\n      this.#files.fdatasyncSync(space.fd);",
        replace: "      this.#faults.reach('spool.written');",
      },
    ],
  },
  {
    name: 'forgets the fingerprints of spent tokens at once',
    patches: [{ file: HISTORY, search: 'spent_at_ms < :spentBeforeMs', replace: 'spent_at_ms >= :spentBeforeMs' }],
  },
  {
    name: 'forgets attempts that are open',
    patches: [
      { file: HISTORY, search: 'and a.ended_at_ms < :endedBeforeMs and a.id is not c.attempt_id', replace: '' },
      { file: HISTORY, search: "(a.outcome <> 'unanswered' or (", replace: "(a.outcome is not 'unanswered' or 1 or (" },
      { file: HISTORY, search: 'limit 1 offset :newestKept - 1))', replace: 'limit 1 offset :newestKept - 1) + 1)' },
    ],
  },
];
