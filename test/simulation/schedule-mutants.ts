import type { Mutant } from './mutation.ts';

const QUERIES = 'src/store/sqlite/schedule-queries.ts';
const DELIVERIES = 'src/store/sqlite/delivery-queries.ts';

/** Mistakes in what schedules make. */
export const SCHEDULE_MUTANTS: readonly Mutant[] = [
  {
    name: 'advances a schedule after its post',
    patches: [
      {
        file: QUERIES,
        search: '    settle: (settlement) => db.write((tx) => settle(tx, settlement, ports)),',
        replace: `    async settle(settlement) {
      const { post } = settlement;
      if (post !== undefined) await db.write((tx) => insertPost(tx, post));
      return db.write((tx) => settle(tx, settlement, ports));
    },`,
      },
      { file: QUERIES, search: '  if (post !== undefined) insertPost(tx, post);\n', replace: '' },
    ],
  },
  {
    name: 'makes a run that somebody else has made',
    patches: [
      { file: QUERIES, search: "  if (!isAt(tx, next.id, next.version - 1)) return 'moved';\n", replace: '' },
      {
        file: QUERIES,
        search: "  if (occurrences.some((occurrence) => isRecorded(tx, occurrence))) return 'known';\n",
        replace: '',
      },
      { file: QUERIES, search: '    `insert into occurrences', replace: '    `insert or ignore into occurrences' },
    ],
  },
  {
    name: 'passes over missed runs without a word',
    patches: [
      {
        file: 'src/posts/schedules/settlement.ts',
        search:
          "    occurrences: gap.times.map((atMs) => occurrence(schedule, atMs, { outcome: 'missed', detail: NOBODY }, nowMs)),",
        replace: '    occurrences: [],',
      },
    ],
  },
  {
    name: 'makes up for missed runs whatever the policy',
    patches: [
      {
        file: 'src/posts/schedules/plan.ts',
        search: "schedule.missed === 'once' && task",
        replace: 'schedule.missed.length > 0 && task',
      },
    ],
  },
  {
    name: 'forgets a schedule whose taker has died',
    patches: [
      {
        file: 'src/posts/schedules/tend.ts',
        search: 'const TAKEN_MS = 90 * SECOND_MS;',
        replace: 'const TAKEN_MS = 90_000 * SECOND_MS;',
      },
    ],
  },
];

/** Mistakes in telling others. */
export const NOTICE_MUTANTS: readonly Mutant[] = [
  {
    name: 'forgets a notice',
    patches: [
      {
        file: 'src/notify/retries.ts',
        search: '      return again(handover, taken, { nowMs, chance });',
        replace:
          "      return handover.status === undefined ? { kind: 'failed' } : again(handover, taken, { nowMs, chance });",
      },
    ],
  },
  {
    name: 'forgets what happens while it plans',
    patches: [
      {
        file: 'src/store/sqlite/fan-out.ts',
        search: '  if (last === undefined) return 0;',
        replace: '  if (last === undefined) return 0;\n  if (events.length > 1) events.length = 1;',
      },
    ],
  },
  {
    name: 'marks a notice before it is delivered',
    patches: [
      {
        file: 'src/notify/courier.ts',
        search: '  const handover = await attempted(taken, ports, onError);',
        replace: `  await notices.settleDelivery({
    taken,
    attempt: { startedAtMs, endedAtMs: startedAtMs, status: 200, error: undefined },
    outcome: { kind: 'delivered' },
  });
  const handover = await attempted(taken, ports, onError);`,
      },
    ],
  },
  {
    name: 'sends a notice that somebody else is sending',
    patches: [
      {
        file: DELIVERIES,
        search: 'where d.destination = due.destination and d.taken_until_ms is not null and d.taken_until_ms > :nowMs)',
        replace:
          'where d.destination = due.destination and d.taken_until_ms is not null and d.taken_until_ms < -:nowMs)',
      },
    ],
  },
  {
    name: 'gives a notice a new id with each try',
    patches: [
      {
        file: 'src/notify/webhook/post.ts',
        search: '  return postSigned({ id: taken.event.id, body }',
        replace: '  return postSigned({ id: `${taken.event.id}-${taken.tries}`, body }',
      },
    ],
  },
];
