/** A deliberate defect of a few lines: the run must notice it, or it would notice nothing. */
export interface Defect {
  readonly name: string;
  readonly what: string;
  readonly edits: readonly Edit[];
}

export interface Edit {
  readonly file: string;
  /** Stands in the file once. */
  readonly from: string;
  readonly to: string;
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'claim-without-lease',
    what: "another process's lease and open attempt are not looked at",
    edits: [
      {
        file: 'src/store/sqlite/credential-queries.ts',
        from: `and attempt_id is :openAttemptId
       and (lease_fence is null or lease_expires_at_ms <= :nowMs)`,
        to: 'and (:openAttemptId is null or 1 = 1)',
      },
      {
        file: 'src/store/postgres/credential-queries.ts',
        from: `and attempt_id is not distinct from :openAttemptId
         and (lease_fence is null or lease_expires_at_ms <= :nowMs)`,
        to: 'and (:openAttemptId::text is null or true)',
      },
      {
        file: 'src/renewal/look.ts',
        from: 'const credential = await ports.credentials.read(id);',
        to: `const stored = await ports.credentials.read(id);
  const credential = stored?.openAttempt?.outcome === undefined && stored !== undefined
    ? { ...stored, openAttempt: undefined, lease: undefined } : stored;`,
      },
    ],
  },
  {
    name: 'spool-forgotten',
    what: 'what lies in the spool is never brought to the store',
    edits: [
      {
        file: 'src/renewal/reapply.ts',
        from: 'const entries = ports.spool.entries();',
        to: 'const entries = ports.spool.entries().slice(0, 0);',
      },
      {
        file: 'src/renewal/reapply.ts',
        from: 'let isTaken = false;\n  for (const entry of ports.spool.entries()) {',
        to: 'let isTaken = false;\n  for (const entry of ports.spool.entries().slice(0, 0)) {',
      },
    ],
  },
  {
    name: 'publish-again-after-timeout',
    what: 'a post whose answer never came is taken for one that was not created',
    edits: [
      {
        file: 'src/posts/classify.ts',
        from: "return { kind: 'unanswered', detail: `${answer.cause}: ${answer.detail}` };",
        to: "return { kind: 'not_created', reason: 'unreachable', detail: answer.detail, retryAtMs: undefined };",
      },
    ],
  },
  {
    name: 'publishing-back-to-scheduled',
    what: 'a post that a dead process was publishing is published again',
    edits: [
      {
        file: 'src/posts/after-attempt.ts',
        from: "const unknown = becomesUnknown(post, { reason: 'interrupted', detail }, nowMs);",
        to: `const unknown = changed(post, { status: 'scheduled', lease: undefined, dueAtMs: nowMs, updatedAtMs: nowMs }, {});`,
      },
    ],
  },
  {
    name: 'unanswered-is-rejected',
    what: 'a provider that breaks down is taken for one that refuses the refresh token',
    edits: [
      {
        file: 'src/renewal/renew.ts',
        from: 'return await settle(claimed, outcome, ports);',
        to: `return await settle(claimed, outcome.kind === 'unanswered'
      ? { kind: 'rejected', reason: 'rejected_unknown', error: outcome.error } : outcome, ports);`,
      },
    ],
  },
  {
    name: 'open-attempt-forgotten',
    what: 'an attempt whose sender has died counts as not sent',
    edits: [
      {
        file: 'src/renewal/look.ts',
        from: 'if (isAbandoned) await abandon(credential, attempt.id, seen, ports);',
        to: 'if (isAbandoned) await ports.credentials.markNotSpent(credential.connectionId, attempt.id, ports.clock.nowMs());',
      },
    ],
  },
  {
    name: 'refused-access-is-not-spent',
    what: 'where a renewal ends the old access token, its refusal is taken for a sign that nothing was spent (GitHub)',
    edits: [
      {
        file: 'src/renewal/ask.ts',
        from: 'await ports.credentials.noteRefusedAccess(seen.credential.connectionId, seen.credential.version);',
        to: 'await markNotSpent(seen, ports);',
      },
    ],
  },
  {
    name: 'opened-tokens-kept',
    what: 'a process hands out for five seconds what it has opened once: where a renewal ends the old one, it is dead (GitHub)',
    edits: [
      {
        file: 'src/renewal/settle.ts',
        from: 'const tokens = openTokens({ credential, app }, ports);\n  return served({ ...seen, app }, { tokens, version',
        to: `const kept = ((globalThis as any).kept ??= new Map());
  const known = kept.get(credential.connectionId);
  const isFresh = known !== undefined && ports.clock.nowMs() - known.atMs < 5000;
  const tokens = isFresh ? known.tokens : openTokens({ credential, app }, ports);
  if (!isFresh) kept.set(credential.connectionId, { tokens, atMs: ports.clock.nowMs() });
  return served({ ...seen, app }, { tokens, version`,
      },
    ],
  },
  {
    name: 'set-clock-believed',
    what: 'a node whose clock was set goes on by the difference that it has found before (PostgreSQL)',
    edits: [
      {
        file: 'src/store/postgres/shared-clock.ts',
        from: 'if (this.#asked === undefined) return 0;',
        to: 'if (this.#asked === undefined || this.#asked !== undefined) return 0;',
      },
    ],
  },
  {
    name: 'spool-taken-for-empty',
    what: "where a reuse kills the family, a replay does not wait for the answer in the sender's spool (Auth0)",
    edits: [
      {
        file: 'src/renewal/resolve.ts',
        from: 'if (refresh.reuseKillsFamily && !isSpoolKnownEmpty(seen, attempt, now.timing)',
        to: 'if (!refresh.reuseKillsFamily && !isSpoolKnownEmpty(seen, attempt, now.timing)',
      },
    ],
  },
];
