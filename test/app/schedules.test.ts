import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPERATOR, type Caller } from '../../src/app/api-keys.ts';
import { createPost } from '../../src/app/posts.ts';
import { lookAtComing } from '../../src/app/ready-on-time.ts';
import * as schedules from '../../src/app/schedules.ts';
import type { KippuEvent } from '../../src/model/event.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { TextSource } from '../../src/model/schedule.ts';
import { tendDueSchedules } from '../../src/posts/schedules/tend.ts';
import { tendDuePosts } from '../../src/posts/worker.ts';
import { serveKippu, type ServedKippu } from '../server/served-kippu.ts';

const DAY = 86_400_000;
const TEMPLATE = { kind: 'template', template: 'Day {n}: {date}', variables: {} } as const;

function request(
  text: TextSource = TEMPLATE,
  more: Partial<schedules.ScheduleRequest> = {},
): schedules.ScheduleRequest {
  return {
    connection: 'x:alice',
    cron: '0 9 * * *',
    timezone: 'Asia/Tokyo',
    task: { kind: 'post', text, madeWithAi: false, needsApproval: false },
    ...more,
  };
}

/** What the worker does, at one moment. */
async function work({ app, clock }: ServedKippu, at?: string): Promise<void> {
  if (at !== undefined) await clock.advance(Date.parse(at) - clock.nowMs());
  await lookAtComing(app, (_id, error) => {
    throw error;
  });
  const tended = await tendDueSchedules(app.schedules, { limit: 100 });
  assert.deepEqual(tended.failures, []);
  assert.deepEqual((await tendDuePosts(app.posts, { limit: 100 })).failures, []);
}

async function events({ app }: ServedKippu, type: KippuEvent['type']): Promise<readonly KippuEvent[]> {
  return (await app.store.events.list({ limit: 1000 })).filter((event) => event.type === type);
}

function caller(scopes: Caller['scopes'], connections?: readonly string[]): Caller {
  return {
    apiKeyId: 'key',
    scopes,
    connections: connections === undefined ? undefined : new Set(connections as ConnectionId[]),
  };
}

function isCode(code: string, where?: string) {
  return (error: unknown) =>
    error instanceof KippuError && error.code === code && (where === undefined || error.where === where);
}

const codes = (view: schedules.ScheduleView): readonly string[] => view.warnings.map(({ code }) => code);

describe('P43: a connection is ready when its post is due', () => {
  it('the token is renewed two minutes ahead of each post, and the post is out on time', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    await schedules.createSchedule(request(), OPERATOR, kippu.app);
    for (const day of ['22', '23', '24']) {
      const eve = String(Number(day) - 1);
      await work(kippu, `2026-11-${eve}T23:55:00Z`);
      const renewals = kippu.x.state().counts.renewals;
      await work(kippu, `2026-11-${eve}T23:58:00Z`);
      assert.equal(kippu.x.state().counts.renewals, renewals + 1, 'not at nine');
      await work(kippu, `2026-11-${day}T00:00:00Z`);
      assert.equal(kippu.x.state().counts.renewals, renewals + 1);
    }
    assert.deepEqual(
      kippu.x.state().posts.map(({ text }) => text),
      ['Day 1: 2026-11-22', 'Day 2: 2026-11-23', 'Day 3: 2026-11-24'],
    );
  });

  it('a grant that died during the week is found the evening before, not at nine', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    await schedules.createSchedule(request(TEMPLATE, { cron: '0 9 * * SAT' }), OPERATOR, kippu.app);
    kippu.x.removeApp('alice');
    await work(kippu, '2026-11-27T11:59:00Z');
    assert.deepEqual(await events(kippu, 'connection.reauth_required'), []);
    await work(kippu, '2026-11-27T12:00:00Z');
    assert.equal((await events(kippu, 'connection.reauth_required')).length, 1);
    await work(kippu, '2026-11-27T13:00:00Z');
    assert.equal((await events(kippu, 'connection.reauth_required')).length, 1);
  });

  it('a living grant is renewed once for its proof, and not again until its post', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    await schedules.createSchedule(request(TEMPLATE, { cron: '0 9 * * SUN' }), OPERATOR, kippu.app);
    await work(kippu, '2026-11-22T00:00:00Z');
    const before = kippu.x.state().counts.renewals;
    for (const hour of ['12', '13', '18', '23']) await work(kippu, `2026-11-28T${hour}:00:00Z`);
    assert.equal(kippu.x.state().counts.renewals, before + 1);
  });

  it('a consent that ends before the next post is told at once, once, and wherever one looks', async () => {
    await using kippu = await serveKippu();
    const alice = await kippu.connect('alice', { offline: false });
    const view = await schedules.createSchedule(request(), OPERATOR, kippu.app);
    assert.deepEqual(codes(view), ['ends_before_next_run']);
    assert.deepEqual(codes(await schedules.findSchedule(view.schedule.id, OPERATOR, kippu.app)), [
      'ends_before_next_run',
    ]);
    const post = { connection: 'x:alice', text: 'later', publishAt: '2026-11-22T06:00:00Z' };
    const { problems } = await createPost(post, { caller: OPERATOR, key: undefined }, kippu.app);
    assert.deepEqual(
      problems.map(({ code, severity, where }) => [code, severity, where]),
      [['ends_before_next_run', 'warning', '/connection']],
    );
    const soon = { ...post, text: 'soon', publishAt: '2026-11-21T01:00:00Z' };
    assert.deepEqual((await createPost(soon, { caller: OPERATOR, key: undefined }, kippu.app)).problems, []);
    await work(kippu);
    assert.deepEqual(await events(kippu, 'connection.reauth_soon'), [], 'the next post can still go out');
    await work(kippu, '2026-11-21T01:00:00Z');
    await work(kippu, '2026-11-21T01:10:00Z');
    await work(kippu, '2026-11-21T01:20:00Z');
    const [event, ...more] = await events(kippu, 'connection.reauth_soon');
    assert.deepEqual(more, []);
    assert.deepEqual(event?.data, {
      reason: 'before_next_post',
      days_before: 1,
      refresh_expires_at_ms: Date.parse('2026-11-21T02:00:00Z'),
      post_at_ms: Date.parse('2026-11-22T00:00:00Z'),
    });
    assert.equal(event.connectionId, alice.id);
  });

  it('the end of X’s six months is told for a post that would come after it; consent again ends the warning', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    const view = await schedules.createSchedule(request(TEMPLATE, { cron: '0 9 1 * *' }), OPERATOR, kippu.app);
    await kippu.clock.advance(178 * DAY);
    await work(kippu);
    await work(kippu);
    assert.equal((await events(kippu, 'connection.reauth_soon')).length, 1);
    const { id } = view.schedule;
    assert.deepEqual(codes(await schedules.findSchedule(id, OPERATOR, kippu.app)), ['ends_before_next_run']);
    await kippu.connect('alice');
    assert.deepEqual(codes(await schedules.findSchedule(id, OPERATOR, kippu.app)), []);
    await work(kippu, '2027-05-31T23:55:00Z');
    await work(kippu, '2027-05-31T23:58:00Z');
    await work(kippu, '2027-06-01T00:00:00Z');
    assert.equal(kippu.x.state().posts.length, 1, 'and the schedule works on');
  });

  it('a revoked connection keeps its schedules; they say so, and go on after a new consent', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    const { schedule } = await schedules.createSchedule(request(), OPERATOR, kippu.app);
    await kippu.operator.delete('/v1/connections/x:alice');
    assert.deepEqual(codes(await schedules.findSchedule(schedule.id, OPERATOR, kippu.app)), ['revoked']);
    await assert.rejects(schedules.createSchedule(request(), OPERATOR, kippu.app), isCode('revoked'));
    await kippu.connect('alice', { connection: schedule.connectionId });
    assert.deepEqual(codes(await schedules.findSchedule(schedule.id, OPERATOR, kippu.app)), []);
    await work(kippu, '2026-11-21T23:59:00Z');
    await work(kippu, '2026-11-22T00:00:00Z');
    assert.equal(kippu.x.state().posts.length, 1);
  });
});

describe('who may do what', () => {
  const writer = new Set(['posts:write', 'posts:read'] as const);

  it('a program or a URL is for a key with the scope admin alone, also by an edit', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    const command = request({ kind: 'command', command: 'date' });
    const url = request({ kind: 'url', url: 'https://example.com/text' });
    for (const wanted of [command, url]) {
      await assert.rejects(schedules.createSchedule(wanted, caller(writer), kippu.app), isCode('forbidden'));
    }
    const { schedule } = await schedules.createSchedule(request(), caller(writer), kippu.app);
    const edit = { task: command.task };
    await assert.rejects(schedules.editSchedule(schedule.id, edit, caller(writer), kippu.app), isCode('forbidden'));
    const admin = caller(new Set(['admin'] as const));
    assert.equal((await schedules.createSchedule(command, admin, kippu.app)).connectionName, 'x:alice');
  });

  it('a key sees and changes the schedules of its connections alone', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    const bob = await kippu.connect('bob');
    const { schedule } = await schedules.createSchedule(request(), OPERATOR, kippu.app);
    const bobs = caller(writer, [bob.id]);
    const { app } = kippu;
    const attempts = [
      () => schedules.createSchedule(request(), bobs, app),
      () => schedules.findSchedule(schedule.id, bobs, app),
      () => schedules.editSchedule(schedule.id, { isPaused: true }, bobs, app),
      () => schedules.removeSchedule(schedule.id, bobs, app),
      () => schedules.previewSchedule(schedule.id, 3, bobs, app),
      () => schedules.scheduleOccurrences(schedule.id, 3, bobs, app),
      () => schedules.listSchedules({ connection: 'x:alice', limit: 9 }, bobs, app),
    ];
    for (const attempt of attempts) await assert.rejects(async () => void (await attempt()), isCode('forbidden'));
    assert.deepEqual((await schedules.listSchedules({ limit: 9 }, bobs, app)).items, []);
    assert.equal((await schedules.listSchedules({ limit: 9 }, OPERATOR, app)).items.length, 1);
  });

  it('what is not there is not found', async () => {
    await using kippu = await serveKippu();
    for (const id of ['sch_00000000000000000000', 'nonsense']) {
      await assert.rejects(schedules.findSchedule(id, OPERATOR, kippu.app), isCode('not_found'));
    }
    await assert.rejects(schedules.createSchedule(request(), OPERATOR, kippu.app), isCode('not_found'));
  });
});

describe('what is refused at creation', () => {
  const cases: readonly (readonly [string, schedules.ScheduleRequest, string, RegExp])[] = [
    ['an empty text', request({ kind: 'text', text: ' ' }), '/text', /no text/i],
    ['a text that is too long', request({ kind: 'text', text: 'あ'.repeat(141) }), '/task/text', /counts 282/],
    ['an empty list', request({ kind: 'list', texts: [] }), '/task/text', /at least two/],
    ['a list of one', request({ kind: 'list', texts: ['a'] }), '/task/text', /at least two/],
    ['a list with a long line', request({ kind: 'list', texts: ['a', 'b'.repeat(281)] }), '/task/text/1', /Line 2/],
    ['a list with an empty line', request({ kind: 'list', texts: ['a', 'b', ''] }), '/task/text/2', /Line 3/],
    ['a list with a line twice', request({ kind: 'list', texts: ['a', 'b', ' a '] }), '/task/text/2', /Line 3.*line 1/],
    [
      'an unknown placeholder, with those that there are',
      request({ kind: 'template', template: '{temperature}', variables: { city: 'Kyoto' } }),
      '/task/text',
      /\{date\}.*\{weekday\}.*\{n\}.*\{city\}/,
    ],
    ['an open brace', request({ kind: 'template', template: 'a { b', variables: {} }), '/task/text', /\{\{/],
    [
      'a template that is too long on a Wednesday',
      request({ kind: 'template', template: `${'x'.repeat(272)}{weekday}`, variables: {} }),
      '/task/text',
      /counts 281/,
    ],
    [
      'a variable in the place of the date',
      request({ kind: 'template', template: '{date}', variables: { date: 'x' } }),
      '/task/text',
      /another name/,
    ],
    [
      'a language that is none',
      request({ kind: 'template', template: '{weekday}', variables: { lang: 'klingonisch!' } }),
      '/task/text',
      /language/,
    ],
    ['no command', request({ kind: 'command', command: '  ' }), '/task/text', /no command/],
    ['http to another machine', request({ kind: 'url', url: 'http://example.com/' }), '/task/text', /https/],
    ['a file', request({ kind: 'url', url: 'file:///etc/passwd' }), '/task/text', /https/],
    ['a password in a URL', request({ kind: 'url', url: 'https://a:b@example.com/' }), '/task/text', /password/],
    ['a rule of six fields', request(TEMPLATE, { cron: '0 0 9 * * *' }), '/cron', /seconds/],
    ['a zone that is none', request(TEMPLATE, { timezone: 'Kyoto' }), '/timezone', /IANA/],
    ['no time to be late', request(TEMPLATE, { latestAfterMs: 0 }), '/latest_after', /minute/],
    ['eight days to be late', request(TEMPLATE, { latestAfterMs: 8 * DAY }), '/latest_after', /seven days/],
  ];
  for (const [says, wanted, where, message] of cases) {
    it(says, async () => {
      await using kippu = await serveKippu();
      await kippu.connect('alice');
      await assert.rejects(schedules.createSchedule(wanted, OPERATOR, kippu.app), (error) => {
        assert.ok(error instanceof KippuError);
        assert.equal(error.code, 'invalid');
        assert.match(error.message, message);
        assert.equal(error.where, where === '/text' ? '/task/text' : where);
        return true;
      });
      assert.deepEqual((await schedules.listSchedules({ limit: 9 }, OPERATOR, kippu.app)).items, []);
    });
  }

  it('a post by a connection that may only read; but a measurement is for it, too', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice', { scopes: ['tweet.read', 'users.read'] });
    await assert.rejects(schedules.createSchedule(request(), OPERATOR, kippu.app), isCode('invalid', '/connection'));
    const collect = request(TEMPLATE, { task: { kind: 'collect', what: 'followers' } });
    assert.deepEqual(codes(await schedules.createSchedule(collect, OPERATOR, kippu.app)), []);
    await kippu.operator.delete('/v1/connections/x:alice');
    await assert.rejects(schedules.createSchedule(collect, OPERATOR, kippu.app), isCode('revoked', '/connection'));
  });

  it('and what is only worth knowing is said', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    const warned = async (text: TextSource): Promise<readonly string[]> =>
      codes(await schedules.createSchedule(request(text), OPERATOR, kippu.app));
    assert.deepEqual(await warned(TEMPLATE), []);
    assert.deepEqual(await warned({ kind: 'text', text: 'always' }), ['same_text']);
    assert.deepEqual(await warned({ kind: 'template', template: 'always {{', variables: {} }), ['same_text']);
    assert.deepEqual(await warned({ kind: 'list', texts: ['a', 'see example.com'] }), ['link_costs_more']);
    assert.deepEqual(await warned({ kind: 'url', url: 'http://127.0.0.1:9/' }), []);
  });
});

describe('a schedule that nobody looks at', () => {
  it('shows in what a monitoring system watches', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    await schedules.createSchedule(request(), OPERATOR, kippu.app);
    await kippu.clock.advance(Date.parse('2026-11-21T23:56:30Z') - kippu.clock.nowMs());
    const metrics = (await kippu.operator.get('/metrics')).text;
    assert.ok(metrics.split('\n').includes('kippu_due_lag_seconds{work="schedules"} 90'), metrics);
  });
});

describe('a preview', () => {
  it('shows the next runs, filled in, and refuses what it cannot show', async () => {
    await using kippu = await serveKippu();
    await kippu.connect('alice');
    const template = '{weekday}、{year}年{month}月{day}日 {time} {{{city}}} {n}';
    const text = { kind: 'template', template, variables: { lang: 'ja', city: '京都' } } as const;
    const { schedule } = await schedules.createSchedule(request(text), OPERATOR, kippu.app);
    const [run] = await schedules.previewSchedule(schedule.id, 1, OPERATOR, kippu.app);
    assert.equal(run?.text, '日曜日、2026年11月22日 09:00 {京都} 1');
    for (const count of [0, 101, 1.5]) {
      await assert.rejects(
        schedules.previewSchedule(schedule.id, count, OPERATOR, kippu.app),
        isCode('invalid', '/count'),
      );
    }
  });
});
