import { FAULT_POINTS } from '../../src/model/fault-points.ts';

/**
 * What a run of `npm test` must have met, by what was seen at the ports. The rules are those of `docs/renewal.md`; a
 * rule that no history meets is one that the simulation says nothing about.
 */
export const MUST_BE_MET: Readonly<Record<string, readonly string[]>> = {
  'what is good is served, without a claim': ['act use: served'],
  'what the provider refuses is reported, and another is served': ['act use: served after a refusal'],
  'a refusal of a young token renews nothing': ['act use: refused'],
  'a claim is refused when somebody was quicker': ['credentials.claim: undefined'],
  'a process that was held up lets go before the first byte': ['withdrawn: token', 'withdrawn: post'],
  'an answer is settled': ['credentials.settleRenewed: settled'],
  'a late answer is adopted': ['credentials.settleRenewed: adopted'],
  'an answer is applied twice, and known': ['credentials.settleRenewed: already_known'],
  'an answer that belongs nowhere is an orphan': ['credentials.settleRenewed: orphaned'],
  'an answer for a revoked connection is revoked': ['credentials.settleRenewed: revoke_it'],
  'an answer without a refresh token is outdated when it is not the next': ['credentials.settleRenewed: outdated'],
  'a rejection ends a grant': ['credentials.settleRejected: ended'],
  'a rejection is doubted when the credential has moved': ['credentials.settleRejected: moved'],
  'a sender that is gone or silent leaves a doubt': ['credentials.markUncertain: true'],
  'a living access token shows that nothing was spent': ['credentials.markNotSpent: true'],
  'a replay that is forbidden ends the grant': ['credentials.endGrant: true'],
  'the spool keeps what the store does not take': [
    'fault point: spool.synced',
    'fault point: spool.reapplied',
    'fault point: spool.acknowledged',
  ],
  'a pair that comes after a revocation is revoked': ['credentials.noteOrphanTried: undefined'],
  'every fault point is passed': FAULT_POINTS.map((point) => `fault point: ${point}`),
  'every state of a connection is left and entered': [
    'connection: active → uncertain',
    'connection: active → reauth_required',
    'connection: active → revoked',
    'connection: uncertain → active',
    'connection: uncertain → reauth_required',
    'connection: uncertain → revoked',
    'connection: reauth_required → active',
    'connection: reauth_required → revoked',
    'connection: revoked → active',
  ],
  'every state of a post is met': [
    'post: (none) → scheduled',
    'post: scheduled → publishing',
    'post: publishing → published',
    'post: publishing → unknown',
    'post: publishing → scheduled',
    'post: scheduled → failed',
    'post: unknown → published',
    'post: unknown → publishing',
  ],
  'every fault of a process, a store, a disk and a clock': [
    ...[
      'crash',
      'power cut',
      'pause',
      'suspend',
      'store_full',
      'store_stalls',
      'fail_over',
      'disk_full',
      'app_refused',
    ],
    ...['clock_jump forward', 'clock_jump back'],
  ].map((fault) => `fault: ${fault}`),
  'a lost acknowledgement': ['store: lost an acknowledgement'],
  'every fault of the network, on a renewal': [
    ...['connect_fails', 'connect_slow', 'request_lost', 'request_slow', 'answer_lost', 'answer_slow', 'answer_cut'],
    ...['refused_before', 'fails_after', 'gateway_gives_up'],
  ].map((fault) => `fault: token: ${fault}`),
  'a schedule makes posts, takes measurements, misses runs, and has runs that fail': [
    'run: post',
    'run: collected',
    'run: missed',
    'run: failed',
  ],
  'a run is settled once, and whoever comes late finds it moved': [
    'schedules.settle: settled',
    'schedules.settle: moved',
    'schedules.change: true',
  ],
  'schedules are made and changed': [
    'act schedule: made',
    'act change_schedule: paused',
    'act change_schedule: resumed',
    'act change_schedule: changed',
    'act change_schedule: removed',
  ],
  'whoever wants to hear of it is told': [
    'notice: connection.created',
    'notice: connection.renewed',
    'notice: connection.uncertain',
    'notice: connection.reauth_required',
    'notice: connection.reuse_detected',
    'notice: connection.revoked',
    'notice: provider.misconfigured',
    'notice: post.published',
    'notice: post.unknown',
    'notice: post.failed',
    'notice: schedule.missed',
  ],
  'a notice goes out again': ['notice: again', 'notices.settleDelivery: true', 'notices.settleDelivery: false'],
  'tokens of another program are taken over, and copies are not': [
    'act import: attached',
    'act import: another connection',
    'act import: conflict',
  ],
  'the account posts by other means': ['act: post_elsewhere'],
  'every fault of the network, on a notice': [
    ...['connect_fails', 'connect_slow', 'request_lost', 'request_slow', 'answer_lost', 'answer_slow', 'answer_cut'],
    ...['refused_before', 'fails_after', 'gateway_gives_up'],
  ].map((fault) => `fault: notice: ${fault}`),
  'faults of the network, on a post': ['answer_lost', 'request_lost', 'answer_slow', 'fails_after'].map(
    (fault) => `fault: post: ${fault}`,
  ),
};

/**
 * Lines of the renewal's rules that no history comes to, and why. Whatever else is missed fails the run.
 */
export const MAY_BE_MISSED: readonly { readonly line: RegExp; readonly because: string }[] = [
  { line: /assertNever|^[^:]+: default:$|throw new TypeError/, because: 'cannot happen' },
  {
    line: /LOOKS_MAX|renew\.ts: throw new KippuError|'store_unavailable',/,
    because: 'fifty moves in one call are a defect',
  },
  {
    line: /foreignApp|the connection belongs to the provider app|and the configuration names another|decide\.ts: return \($/,
    because: 'every history has one app, and knows it',
  },
  {
    line: /app_held|too many rejections at once|held until an operator|settle\.ts: (?:return servedOr\(|exchange,|ports,)$/,
    because: 'needs ten rejections within a minute; a history has two users',
  },
  {
    line: /tryOrphan|orphan_left|const orphan =|orphan === undefined|orphan\.tokens|adoptOrphan|settle\.ts: (?:const facts = \{|\.\.\.credential,|failures: 0,|const dueAtMs = nextDueAtMs\(facts.*|return \{ kind: 'look_again' \};)$/,
    because: 'no provider here leaves two children of one refresh token of which only the orphan is good',
  },
  {
    line: /revokeAtProvider\(seen\.app, tokens/,
    because: 'needs a reusable token, a lease that ran out and a revocation',
  },
  {
    line: /verdict\.otherwise|otherwise: wantsToken/,
    because: 'needs a question to the old access token that gets no answer',
  },
  { line: /return isEnded \?/, because: 'needs an answer between a look and the end that it leads to' },
  {
    line: /accessExpiresAtMs \?\? now\.nowMs \+ DAY_MS/,
    because: 'every provider here says how long its access tokens live',
  },
  { line: /tries >= KEEP_TRIES_MAX/, because: 'needs half an hour without store and disk' },
  { line: /'no_refresh_token'/, because: 'every consent here brings a refresh token' },
  { line: /\?\?/, because: 'the other side of a default' },
  {
    line: /rotation === 'reusable'\) return \{ kind: 'renew'/,
    because: 'an open attempt of a reusable token is closed by the look before it',
  },
  {
    line: /!endsWhenRefused\(|overAs\(credential\)/,
    because:
      'no connection here rests on a static key or lacks a refresh token: test/connect/static-key.test.ts has it',
  },
  {
    line: /isRefusedAgain\(|return need\.kind === 'refused' &&/,
    because: 'no connection here rests on the app itself: test/renewal/app-only.test.ts has it',
  },
  {
    line: /isCarriable\(/,
    because: 'every answer here has a token that a header can carry: test/renewal/unusable-answers.test.ts has others',
  },
  {
    line: /clientSecret !== undefined \|\| clientKey|return endpoints\.introspection/,
    because:
      'no provider here says what a refresh token is good for: test/renewal/bound-tokens.test.ts and test/foreign have it',
  },
];

/** What was to be met and was not. */
export function unmet(met: Readonly<Record<string, number>>, missed: readonly string[]): readonly string[] {
  const rules = Object.entries(MUST_BE_MET).flatMap(([rule, signs]) =>
    signs.filter((sign) => (met[sign] ?? 0) === 0).map((sign) => `${rule} (${sign})`),
  );
  return [...rules, ...missed.filter((place) => !MAY_BE_MISSED.some(({ line }) => line.test(place)))];
}

/** How often each thing was met, the rarest first. */
export function tableOf(met: Readonly<Record<string, number>>): string {
  return Object.entries(met)
    .sort(([one, a], [other, b]) => a - b || one.localeCompare(other))
    .map(([what, count]) => `${String(count).padStart(9)}  ${what}`)
    .join('\n');
}
