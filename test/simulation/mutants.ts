import { IN_THE_CLEAR } from './in-the-clear.ts';
import type { Mutant } from './mutation.ts';
import { POSTING_MUTANTS } from './posting-mutants.ts';
import { NOTICE_MUTANTS, SCHEDULE_MUTANTS } from './schedule-mutants.ts';
import { STORE_MUTANTS } from './store-mutants.ts';

const RENEWAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'renews without the lease',
    patches: [
      {
        file: 'src/renewal/exchange.ts',
        search: '  if (claimed === undefined) return undefined;\n  ports.faults.reach',
        replace: '  ports.faults.reach',
      },
      {
        file: 'src/renewal/exchange.ts',
        search: 'return { exchange, claim: claimed, claimedAtMs, claimedAtMonotonicMs };',
        replace: `const forged = { attemptId: 'att_0', connectionId: credential.connectionId, version: credential.version,
    fence: 0, leaseExpiresAtMs: Number.MAX_SAFE_INTEGER } as never;
  return { exchange, claim: claimed ?? forged, claimedAtMs, claimedAtMonotonicMs };`,
      },
    ],
  },
  {
    name: 'sends before the claim is known',
    patches: [
      {
        file: 'src/renewal/renew.ts',
        search: '    const claimed = await claim(exchange, ports);',
        replace:
          '    void ports.http.send(exchange.signed.request);\n    const claimed = await claim(exchange, ports);',
      },
    ],
  },
  {
    name: 'takes a lease that is shorter than the answer',
    patches: [
      {
        file: 'src/renewal/exchange.ts',
        search: '  return CLAIM_MS + CONNECT_TIMEOUT_MS + timing.lateAnswerMs + SETTLE_MS;',
        replace: '  return timing.lateAnswerMs / 8;',
      },
      {
        file: 'src/renewal/exchange.ts',
        search: '  const neededMs = timing.lateAnswerMs + SETTLE_MS;',
        replace: '  const neededMs = 0 * SETTLE_MS;',
      },
    ],
  },
  {
    name: 'does not look at its lease before the first byte',
    patches: [
      {
        file: 'src/renewal/exchange.ts',
        search: '    mayStillSend: () => isSafelyOurs(claimed, ports),',
        replace: '    mayStillSend: () => isSafelyOurs(claimed, ports) || true,',
      },
    ],
  },
  {
    name: 'aborts the exchange when the caller has waited long enough',
    patches: [
      {
        file: 'src/renewal/exchange.ts',
        search: '  const answer = await sendSigned(claimed.exchange.signed, ports, {',
        replace: `  const impatient = ports.clock.sleep(ports.timing.deadlineMs).then(
    () => ({ kind: 'unanswered', cause: 'timeout', detail: 'aborted' }) as const,
  );
  const answer = await Promise.race([impatient, sendSigned(claimed.exchange.signed, ports, {`,
      },
      {
        file: 'src/renewal/exchange.ts',
        search: "      ports.faults.reach('renewal.sent');\n    },\n  });",
        replace: "      ports.faults.reach('renewal.sent');\n    },\n  })]);",
      },
    ],
  },
  {
    name: 'keeps a failed promise',
    patches: [
      {
        file: 'src/renewal/flights.ts',
        search: '.finally(() => {\n      this.#flights.delete(id);\n    });',
        replace: '.then((renewal) => {\n      this.#flights.delete(id);\n      return renewal;\n    });',
      },
    ],
  },
  {
    name: 'calls an attempt abandoned while its lease lives',
    patches: [
      {
        file: 'src/renewal/look.ts',
        search: 'attempt.outcome === undefined && !seen.isLeased;',
        replace: 'attempt.outcome === undefined;',
      },
    ],
  },
  {
    name: 'counts patience by the wall clock alone',
    patches: [
      {
        file: 'src/renewal/look.ts',
        search: '  return Math.max(0, clock.nowMs() - startedAtMs - passedMs);',
        replace: '  return 0;',
      },
    ],
  },
  {
    name: 'refuses a reader whose token still lives',
    patches: [
      {
        file: 'src/renewal/decide.ts',
        search: "  return wantsToken(need) && isLiving(credential, need, now.nowMs) ? { kind: 'serve' } : verdict;",
        replace: '  return verdict;',
      },
    ],
  },
  {
    name: 'replays at once',
    patches: [
      {
        file: 'src/renewal/resolve.ts',
        search: "  if (now.nowMs < quietAtMs) return { kind: 'uncertain', retryAtMs: quietAtMs };",
        replace: '',
      },
    ],
  },
  {
    name: 'replays without a margin',
    patches: [
      {
        file: 'src/renewal/resolve.ts',
        search: 'CONNECT_TIMEOUT_MS + lateAnswerMs + replayMarginMs;',
        replace: 'CONNECT_TIMEOUT_MS + lateAnswerMs;',
      },
    ],
  },
  {
    name: 'replays at once when the sender is gone',
    patches: [
      {
        file: 'src/renewal/resolve.ts',
        search: 'const GONE_QUIET_MS = 15 * SECOND_MS;',
        replace: 'const GONE_QUIET_MS = -60 * SECOND_MS;',
      },
    ],
  },
  {
    name: 'replays only once',
    patches: [
      {
        file: 'src/renewal/resolve.ts',
        search: '  if (attempt.replays > 0) {',
        replace: "  if (attempt.replays > 0) {\n    if (nowMs > 0) return { kind: 'give_up' };",
      },
    ],
  },
  {
    name: 'replays without a word from the spool, where a reuse kills the family',
    patches: [
      {
        file: 'src/renewal/resolve.ts',
        search: '  if (refresh.reuseKillsFamily && ',
        replace: '  if (!refresh.reuseKillsFamily && ',
      },
    ],
  },
  {
    name: 'forgets the spool',
    patches: [
      {
        file: 'src/renewal/settle.ts',
        search: '    return spool.keep(settlement, options);',
        replace: '    return spool === undefined ? settlement : undefined;',
      },
    ],
  },
  {
    name: 'takes an answer for spooled that no disk took',
    patches: [
      {
        file: 'src/renewal/settle.ts',
        search: '    if (entry !== undefined) {\n      // A commit',
        replace: "    if (entry === undefined) return 'spooled';\n    else {\n      // A commit",
      },
    ],
  },
  {
    name: 'waits for a commit that stalls',
    patches: [
      {
        file: 'src/renewal/settle.ts',
        search: 'const STALL_MS = SECOND_MS;',
        replace: 'const STALL_MS = 3600 * SECOND_MS;',
      },
    ],
  },
  {
    name: 'acknowledges a spool entry before the store has it',
    patches: [
      {
        file: 'src/renewal/settle.ts',
        search: '  settling.then(() => ports.spool.acknowledge(kept)).catch(() => undefined);',
        replace: '  ports.spool.acknowledge(kept);\n  settling.catch(() => undefined);',
      },
    ],
  },
  {
    name: 'never applies what an earlier process has spooled',
    patches: [
      {
        file: 'src/renewal/reapply.ts',
        search: '    if (entry.acknowledged && !isLost(entry)) continue;',
        replace: '    if (entry.keptAtMs > 0) continue;',
      },
    ],
  },
  {
    name: 'leaves alone what was acknowledged, also after a fail-over',
    patches: [
      {
        file: 'src/renewal/reapply.ts',
        search: '    if (entry.acknowledged && !isLost(entry)) continue;',
        replace: '    if (entry.acknowledged) continue;',
      },
    ],
  },
  {
    name: 'leaves the grant of a late pair alive after a revocation',
    patches: [
      {
        file: 'src/renewal/settle.ts',
        search: ': revokeOrphans(seen.credential.connectionId, ports));',
        replace: ': undefined);',
      },
      {
        file: 'src/renewal/tend.ts',
        search: '(await revokeOrphans(id, ports)) ? undefined',
        replace: '(await Promise.resolve(revokeOrphans !== undefined)) ? undefined',
      },
    ],
  },
  {
    name: 'revokes without the lease',
    patches: [
      { file: 'src/renewal/revoke.ts', search: "  if (isLeased) return 'moved';", replace: '  void isLeased;' },
      {
        file: 'src/renewal/revoke.ts',
        search: "  if (claim === undefined) return 'moved';\n  if (dead",
        replace: '  if (dead',
      },
      {
        file: 'src/renewal/revoke.ts',
        search: '        claim,\n        outcome',
        replace: '        claim: claim!,\n        outcome',
      },
      {
        file: 'src/renewal/revoke.ts',
        search: 'settleRevoked(claim, {',
        replace:
          'settleRevoked(claim ?? { ...credential, attemptId: newId("att", ports.random), leaseExpiresAtMs: 0 }, {',
      },
    ],
  },
  {
    name: 'takes every 4xx for a dead grant',
    patches: [
      {
        file: 'src/protocol/classify.ts',
        search: "  if (read.kind === 'error' && read.error === 'invalid_grant')",
        replace: '  if (answer.status !== 0)',
      },
    ],
  },
  {
    name: 'takes a 401 for a dead grant',
    patches: [
      {
        file: 'src/protocol/classify.ts',
        search: "  { error: 'invalid_client', means: { kind: 'misconfigured' } },",
        replace: "  { error: 'invalid_client', means: { kind: 'rejected', reason: 'rejected_unknown' } },",
      },
    ],
  },
  {
    name: 'takes a 5xx for not handled',
    patches: [
      {
        file: 'src/protocol/classify.ts',
        search: "status < 400) return { kind: 'unanswered', error };",
        replace: "status < 400)\n    return { kind: 'unavailable', error, retryAfterMs: undefined };",
      },
    ],
  },
  {
    name: 'takes a timeout for not handled',
    patches: [
      {
        file: 'src/protocol/classify.ts',
        search: "      return { kind: 'unanswered', error: `${answer.cause}: ${answer.detail}` };",
        replace:
          "      return { kind: 'unavailable', error: `${answer.cause}: ${answer.detail}`, retryAfterMs: undefined };",
      },
    ],
  },
  {
    name: 'stores no refresh token when the answer has none',
    patches: [
      {
        file: 'src/protocol/stored-tokens.ts',
        search: '  return tokens.refreshToken ?? keptRefreshToken;',
        replace: '  return tokens.refreshToken;',
      },
    ],
  },
  {
    name: 'stores tokens in the clear',
    patches: IN_THE_CLEAR,
  },
];

/** Each is a mistake that somebody could make, and each must be caught. */
export const MUTANTS: readonly Mutant[] = [
  ...RENEWAL_MUTANTS,
  ...STORE_MUTANTS,
  ...POSTING_MUTANTS,
  ...SCHEDULE_MUTANTS,
  ...NOTICE_MUTANTS,
];
