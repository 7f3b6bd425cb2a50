import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Schedule } from '../../src/model/schedule.ts';
import type { NewSchedule } from '../../src/posts/schedules/change.ts';
import { nextOccurrence } from '../../src/posts/recurrence.ts';
import { wallClock } from '../../src/posts/zoned-time.ts';
import { xData } from '../../src/providers/data/x.ts';
import { controlsOf, simHttpClient, Simulator } from '../../src/sim/index.ts';
import { App, CONFIDENTIAL, sendInto } from '../sim/sim-world.ts';
import { Crash } from '../support/posting-world.ts';
import { createScheduleWorld, type ScheduleWorld } from '../support/schedule-world.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.parse('2026-01-01T00:00:30Z');
const END = Date.parse('2027-01-01T00:00:30Z');

/** Each of them with what the year must bring: days on its clocks, or times in the year. */
const RULES = [
  { name: 'daily in New York', cron: '30 2 * * *', timezone: 'America/New_York', times: 365 },
  { name: 'daily in London', cron: '30 1 * * *', timezone: 'Europe/London', times: 365 },
  { name: 'daily on Lord Howe', cron: '45 1 * * *', timezone: 'Australia/Lord_Howe', times: 365 },
  { name: 'weekdays in Tokyo', cron: '0 9 * * MON-FRI', timezone: 'Asia/Tokyo', times: 261 },
  { name: 'monthly in Tokyo', cron: '0 18 L * *', timezone: 'Asia/Tokyo', times: 12 },
] as const;

/** Only the third leaves a doubt that time does not remove: the simulated X never saw that request, and nobody can know. */
const CRASH_POINTS: readonly FaultPoint[] = [
  'schedule.composed',
  'schedule.settled',
  'publishing.sent',
  'publishing.answered',
  'publishing.committed',
];

for (const seed of ['one']) {
  it(`a year of schedules with crashes, lost answers and stops (seed ${seed}): every time once, no post twice`, async () => {
    const { world, simulator } = await createYear();
    const random = seededRandom(`year ${seed}`);
    const schedules = await Promise.all(RULES.map((rule) => world.create(textOf(rule.name), request(rule))));
    const trouble = { crashes: 0, sent: 0, losses: 0, stops: 0 };
    while (world.clock.nowMs() < END) {
      const luck = random.unit();
      if (luck < 0.03) {
        world.posting.crashAt = CRASH_POINTS[Math.floor(random.unit() * CRASH_POINTS.length)];
      } else if (luck < 0.05) {
        simulator.orderFault({ endpoint: 'tweets', fault: random.unit() < 0.5 ? 'lose' : 'cut' });
        trouble.losses += 1;
      } else if (luck < 0.06) {
        // Nobody is there for up to half an hour: less than a post may be late.
        await world.clock.advance(Math.floor(random.unit() * 30 * MINUTE));
        world.restart();
        trouble.stops += 1;
      }
      for (const point of await work(world, Math.min(END, (await world.nextDueAtMs()) + 1))) {
        trouble.crashes += 1;
        if (point === 'publishing.sent') trouble.sent += 1;
      }
    }
    await work(world, END + 30 * MINUTE);
    assert.ok(trouble.crashes > 30 && trouble.losses > 30 && trouble.stops > 10, JSON.stringify(trouble));
    for (const [index, schedule] of schedules.entries()) await checkTimes(world, schedule, RULES[index]?.times ?? 0);
    const out = [...simulator.state.posts.values()].map(({ text }) => text);
    checkPosts(world, out, trouble.sent);
  });
}

/** Runs the worker until then, as a process that is started anew whenever it dies. Gives where it died. */
async function work(world: ScheduleWorld, untilMs: number): Promise<readonly FaultPoint[]> {
  const crashes: FaultPoint[] = [];
  for (;;) {
    try {
      await world.until(untilMs);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    const { crashedAt } = world.posting;
    if (crashedAt !== undefined) {
      world.restart();
      crashes.push(crashedAt);
    }
    if (crashedAt === undefined && world.clock.nowMs() >= untilMs) return crashes;
  }
}

async function checkTimes(world: ScheduleWorld, schedule: Schedule, times: number): Promise<void> {
  const occurrences = (await world.occurrences(schedule)).filter(({ atMs }) => atMs < END);
  const expected: number[] = [];
  for (let atMs = nextOccurrence(schedule, START); atMs !== undefined && atMs < END;)
    [expected[expected.length], atMs] = [atMs, nextOccurrence(schedule, atMs)];
  assert.deepEqual(
    occurrences.map(({ atMs }) => atMs),
    expected,
  );
  assert.ok(occurrences.every(({ outcome, postId }) => outcome === 'post' && postId !== undefined));
  const days = new Set(occurrences.map(({ atMs }) => dayOf(atMs, schedule.timezone)));
  assert.equal(days.size, occurrences.length, 'no day has two');
  assert.equal(days.size, times, schedule.timezone);
}

function dayOf(atMs: number, timezone: string): number {
  const { year, month, day } = wallClock(atMs, timezone);
  return Date.UTC(year, month - 1, day) / DAY;
}

/** What is said to be published is out, once; nothing else is out; and nothing is left in between. */
function checkPosts(world: ScheduleWorld, out: readonly string[], doubtful: number): void {
  const rows = world.posting.db.all(`select text, status, status_reason from posts`);
  const published = rows.filter(({ status }) => status === 'published').map(({ text }) => String(text));
  assert.deepEqual(out.toSorted(), published.toSorted());
  assert.equal(new Set(out).size, out.length);
  const others = rows.filter(({ status }) => status !== 'published');
  assert.ok(others.every(({ status_reason: reason }) => reason === 'not_on_timeline'));
  assert.equal(others.length, doubtful);
}

function textOf(name: string) {
  return { kind: 'template', template: '{name}: {date} {time}, no. {n}', variables: { name } } as const;
}

function request({ cron, timezone }: { readonly cron: string; readonly timezone: string }): Partial<NewSchedule> {
  return { cron, timezone };
}

/** A world with a simulated X on the other side, and tokens that are renewed when they are over. */
async function createYear(): Promise<{ readonly world: ScheduleWorld; readonly simulator: Simulator }> {
  let simulator: Simulator | undefined;
  const http = (clock: VirtualClock) => {
    simulator ??= new Simulator({ provider: xData, clock, random: seededRandom('sim'), clients: [CONFIDENTIAL] });
    return simHttpClient({ simulator, clock });
  };
  const world = await createScheduleWorld({ http, start: new Date(START).toISOString() });
  assert.ok(simulator !== undefined);
  const app = new App(sendInto(simulator), CONFIDENTIAL, controlsOf(simulator));
  let tokens = await app.connect('alice');
  let grantedAtMs = world.clock.nowMs();
  let expiresAtMs = world.clock.nowMs() + 2 * 60 * MINUTE;
  const subject = String((await app.call('GET', '/2/users/me', tokens.access_token)).json.data.id);
  world.posting.tokens.get = async (_connection, need) => {
    if (expiresAtMs < world.clock.nowMs() + (need?.minTtlMs ?? 0)) {
      // Somebody consents again in time, as X demands twice a year.
      const isNearItsEnd = world.clock.nowMs() > grantedAtMs + 170 * DAY;
      if (isNearItsEnd) grantedAtMs = world.clock.nowMs();
      tokens = isNearItsEnd ? await app.connect('alice') : (await app.renew(tokens.refresh_token)).json;
      expiresAtMs = world.clock.nowMs() + 2 * 60 * MINUTE;
    }
    return {
      accessToken: new Secret(tokens.access_token),
      tokenType: 'bearer',
      expiresAtMs,
      scopes: [],
      version: 1,
      apiOrigin: 'https://api.x.com',
      provider: 'x',
      subject,
    };
  };
  return { world, simulator };
}
