import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CliWorld, type Ended } from './cli-world.ts';

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

const RULE = ['--cron', '0 9 * * *', '--tz', 'Asia/Tokyo'];

async function connectedWorld(): Promise<CliWorld> {
  const world = await CliWorld.create();
  await world.connect();
  return world;
}

async function added(world: CliWorld, args: readonly string[]): Promise<Json> {
  const { code, stdout, stderr } = await world.run(['schedule', 'add', 'x:alice', '--json', ...args]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

describe('kippu schedule', () => {
  for (const where of ['in this process', 'through a running server'] as const) {
    it(`is made from a list, shown, listed, paused, resumed and removed (${where})`, async () => {
      await using world = await connectedWorld();
      await using _server = where === 'in this process' ? undefined : await world.up();
      writeFileSync(join(world.directory, 'texts.txt'), 'おはよう\nおやすみ\n');
      const { code, stdout, stderr } = await world.run(['schedule', 'add', 'x:alice', ...RULE, '--list', 'texts.txt']);
      assert.equal(code, 0, stderr);
      const [id = ''] = /sch_\w+/.exec(stdout) ?? [];
      assert.match(stdout, /^rule +0 9 \* \* \* +Asia\/Tokyo$/m);
      assert.match(stdout, /^does +list of 2$/m);
      assert.match(stdout, /^state +active$/m);
      const runs = stdout.split('Next runs\n')[1]?.trimEnd().split('\n') ?? [];
      assert.deepEqual(
        runs.map((run) => run.replace(/^\d{4}-\d{2}-\d{2} /, '')),
        ['09:00:00 Asia/Tokyo  おはよう', '09:00:00 Asia/Tokyo  おやすみ', '09:00:00 Asia/Tokyo  おはよう'],
      );
      assert.match(stderr, /^2 texts were read, one a line\.$/m);
      assert.equal(/No Kippu server is running/.test(stderr), where === 'in this process');
      assert.doesNotMatch(stderr, /clocks of/, 'the zone was given');

      assert.match(
        (await world.run(['schedule', 'list'])).stdout,
        new RegExp(`^${id} +x:alice +0 9 .* list of 2 +active$`, 'm'),
      );
      const paused = await world.run(['schedule', 'pause', id]);
      assert.match(paused.stdout, /^state +paused$/m);
      assert.doesNotMatch(paused.stdout, /next run/);
      assert.match((await world.run(['schedule', 'list'])).stdout, / - +list of 2 +paused$/m);
      assert.match((await world.run(['schedule', 'resume', id])).stdout, /^state +active$/m);
      assert.match(
        (await world.run(['schedule', 'show', id])).stdout,
        /^next run +\d{4}-.* 09:00:00 Asia\/Tokyo \(in /m,
      );
      const removed = await world.run(['schedule', 'remove', id]);
      assert.deepEqual([removed.code, removed.stdout], [0, '']);
      assert.match(removed.stderr, new RegExp(`Removed: ${id}`));
      assert.equal((await world.run(['schedule', 'show', id])).code, 1);
      const none = await world.run(['schedule', 'list']);
      assert.deepEqual([none.code, none.stdout], [0, '']);
      assert.match(none.stderr, /There are no schedules/);
    });
  }

  it('reads texts of several lines from stdin, and says so', async () => {
    await using world = await connectedWorld();
    const { code, stdout, stderr } = await world.run(['schedule', 'add', 'x:alice', ...RULE, '--list', '-', '--json'], {
      stdin: 'first\nline\n\nsecond\n',
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).list, ['first\nline', 'second']);
    assert.match(stderr, /2 texts were read, from blank line to blank line/);
  });

  it('names the line of the file on which a text is wrong', async () => {
    await using world = await connectedWorld();
    const add = (stdin: string): Promise<Ended> =>
      world.run(['schedule', 'add', 'x:alice', ...RULE, '--list', '-'], { stdin });
    const long = await add(`first\nsecond\n\nthird\n\n${'x'.repeat(281)}\n`);
    assert.equal(long.code, 2);
    assert.match(long.stderr, /stdin, line 6: /);
    const same = await add('\none\ntwo\none\n');
    assert.match(same.stderr, /stdin, line 4: Line 4 is the same as line 2\./);
    assert.match((await add('\n\n')).stderr, /There is no text in stdin/);
    const missing = await world.run(['schedule', 'add', 'x:alice', ...RULE, '--list', 'nowhere.txt']);
    assert.deepEqual([missing.code, /nowhere\.txt cannot be read/.test(missing.stderr)], [2, true]);
  });

  it('takes each kind of work, and says what is worth knowing', async () => {
    await using world = await connectedWorld();
    const template = await added(world, [
      ...RULE,
      '--template',
      '{name}, {n}',
      '--var',
      'name=Ann=e',
      '--approval',
      '--made-with-ai',
    ]);
    assert.deepEqual(
      [template.template, template.variables, template.approval, template.made_with_ai],
      ['{name}, {n}', { name: 'Ann=e' }, true, true],
    );
    assert.equal(template.next_runs[2].text, 'Ann=e, 3');
    assert.deepEqual((await added(world, [...RULE, '--compose', 'fortune -s'])).compose, { command: 'fortune -s' });
    const url = await added(world, [...RULE, '--compose', 'https://texts.example/next']);
    assert.deepEqual(url.compose, { url: 'https://texts.example/next' });
    const preview = await world.run(['schedule', 'preview', url.id, '--count', '1']);
    assert.match(preview.stdout, /^\d{4}-\d{2}-\d{2} 09:00:00 Asia\/Tokyo {2}\(written when it is due\)\n$/);
    const collect = await added(world, [
      ...RULE,
      '--collect',
      'followers',
      '--missed',
      'once',
      '--latest-after',
      '120',
    ]);
    assert.deepEqual([collect.collect, collect.missed, collect.latest_after], ['followers', 'once', 120]);
    const text = await world.run(['schedule', 'add', 'x:alice', ...RULE, '--text', 'good morning']);
    assert.match(text.stderr, /^note: X refuses a text that the account has published recently/m);
    const list = await world.run(['schedule', 'list']);
    assert.match(list.stdout, /text: good morning +active \(same text each time\)/);
    assert.match(list.stdout, /measures followers +active$/m);
    const { items }: Json = JSON.parse((await world.run(['schedule', 'list', '--json'])).stdout);
    assert.equal(items.length, 5);
  });

  it('reads the rule on this machine’s clocks where no zone is given, and says so', async () => {
    await using world = await connectedWorld();
    const args = ['schedule', 'add', 'x:alice', '--cron', '0 9 * * *', '--collect', 'followers'];
    const { code, stdout, stderr } = await world.run(args, { env: { TZ: 'Europe/Berlin' } });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /The rule is read on the clocks of Europe\/Berlin, this machine's zone/);
    assert.match(stdout, /09:00:00 Europe\/Berlin/);
  });

  it('previews a rule that is not saved, with the changes of the clocks, and needs no provider', async () => {
    await using world = await CliWorld.withoutProvider();
    const args = ['schedule', 'preview', '--cron', '30 2 28 3 *', '--tz', 'Europe/Berlin'];
    const { code, stdout, stderr } = await world.run([...args, '--count', '100']);
    assert.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 100);
    assert.match(stdout, /^2027-03-28 03:30:00 Europe\/Berlin {2}\(the clocks skip this time: later by as much\)$/m);
    assert.match(stdout, /^2028-03-28 02:30:00 Europe\/Berlin$/m);
    const json: Json = JSON.parse((await world.run([...args, '--count', '1', '--json'])).stdout);
    assert.deepEqual(Object.keys(json.items[0]), ['at', 'text', 'note']);
    const wrong = await world.run(['schedule', 'preview', '--cron', '61 * * * *']);
    assert.deepEqual([wrong.code, /"61 \* \* \* \*" is not a rule/.test(wrong.stderr)], [2, true]);
  });

  it('shows that a consent is needed, in the list and beside the schedule, in the reader’s language', async () => {
    await using world = await connectedWorld();
    const { id } = await added(world, [...RULE, '--collect', 'followers']);
    world.query("update connections set state = 'reauth_required'");
    const list = await world.run(['schedule', 'list'], { env: { LANG: 'ja_JP.UTF-8' } });
    assert.match(list.stdout, /フォロワー数を測る +有効 \(再同意が必要\)$/m);
    const shown = await world.run(['schedule', 'show', id, '--lang', 'ja']);
    assert.match(shown.stderr, /^注意: ユーザーが再同意するまで、何も投稿されません/m);
    assert.match((await world.run(['schedule', 'show', id])).stderr, /^note: The user of x:alice must consent again/m);
  });

  it('misused is refused with 2, and nothing is made', async () => {
    await using world = await connectedWorld();
    const add = ['schedule', 'add', 'x:alice'];
    const misuses: readonly (readonly [readonly string[], RegExp])[] = [
      [[...add, '--text', 'a'], /--cron/],
      [[...add, ...RULE], /Give one of --text, --list/],
      [[...add, ...RULE, '--text', 'a', '--collect', 'followers'], /Give one of --text, --list/],
      [[...add, ...RULE, '--collect', 'likes'], /followers/],
      [[...add, ...RULE, '--text', 'a', '--missed', 'all'], /skip, once/],
      [[...add, ...RULE, '--template', '{n}', '--var', 'name'], /name=Ann/],
      [[...add, ...RULE, '--template', '{mood}'], /knows no \{mood\}/],
      [[...add, ...RULE, '--text', 'a', '--var', 'b=c'], /belong to a template/],
      [[...add, '--cron', '@daily', '--text', 'a'], /@daily is "0 0/],
      [[...add, '--cron', '0 9 * * *', '--tz', 'Tokyo', '--text', 'a'], /"Tokyo" is not a time zone/],
      [[...add, ...RULE, '--text', 'x'.repeat(281)], /280|281/],
      [[...add, ...RULE, '--text', 'a', '--latest-after', 'soon'], /whole seconds/],
      [['schedule', 'preview'], /Give either the id/],
      [['schedule', 'preview', 'sch_1', '--cron', '0 9 * * *'], /Give either the id/],
      [['schedule', 'preview', '--cron', '0 9 * * *', '--count', '0'], /from 1 to 100/],
    ];
    for (const [args, says] of misuses) {
      const { code, stderr } = await world.run(args);
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, says, args.join(' '));
    }
    const { items }: Json = JSON.parse((await world.run(['schedule', 'list', '--json'])).stdout);
    assert.deepEqual(items, []);
    for (const verb of ['show', 'pause', 'resume', 'remove', 'preview'])
      assert.equal((await world.run(['schedule', verb, 'sch_00000000000000000000'])).code, 1, verb);
    assert.equal((await world.run(['schedule', 'add', 'x:nobody', ...RULE, '--text', 'a'])).code, 1);
  });
});

describe('kippu metrics', () => {
  async function measuredWorld(): Promise<CliWorld> {
    const world = await connectedWorld();
    await world.run(['schedule', 'list']);
    const rows = [
      [1, '100', 'null'],
      [2, '104', 'null'],
      [3, 'null', '\'=HTTP 503, "x"\''],
      [4, '110', 'null'],
    ].map(([hour, value, detail]) => {
      const atMs = Date.UTC(2026, 10, 20, Number(hour));
      return `insert into metrics select id, 'followers', ${atMs}, ${value}, ${detail}, ${value === 'null' ? 0 : 10_000} from connections;`;
    });
    world.query(rows.join('\n'));
    return world;
  }

  for (const where of ['in this process', 'through a running server'] as const) {
    it(`prints a summary and a plot, with the gap as a gap (${where})`, async () => {
      await using world = await measuredWorld();
      await using _server = where === 'in this process' ? undefined : await world.up();
      const { code, stdout, stderr } = await world.run(['metrics', 'x:alice', '--width', '50']);
      assert.equal(code, 0, stderr);
      assert.equal(
        stdout,
        [
          'connection    x:alice',
          'measure       followers',
          'first         100  (2026-11-20 10:00:00 Asia/Tokyo)',
          'last          110  (2026-11-20 13:00:00 Asia/Tokyo)',
          'change        +10 (+10.0 %)',
          'measurements  3',
          'gaps          1 (the last: =HTTP 503, "x")',
          'cost          at most 0.030 USD',
          '',
          '110 +                                            *',
          '    |',
          '    |',
          '    |',
          '    |',
          '    |',
          '105 +',
          '    |              .*',
          '    |          ....',
          '    |      ....',
          '    |  ....',
          '100 +*.',
          '    ++-------------+--------------x--------------+',
          '     10:00         11:00          12:00      13:00',
          '',
        ].join('\n'),
      );
      assert.match(stderr, /x: it was due, and could not be measured/);
      assert.match(stderr, /Times by the clock of Asia\/Tokyo/);
    });
  }

  it('prints CSV that a spreadsheet may open, and JSON', async () => {
    await using world = await measuredWorld();
    const csv = await world.run([
      'metrics',
      'x:alice',
      '--csv',
      '--from',
      '2026-11-20 11:00',
      '--to',
      '2026-11-20 13:00',
    ]);
    assert.equal(csv.code, 0, csv.stderr);
    assert.equal(
      csv.stdout,
      'at,followers,detail\r\n2026-11-20T02:00:00.000Z,104,\r\n2026-11-20T03:00:00.000Z,,"\'=HTTP 503, ""x"""\r\n',
    );
    const series: Json = JSON.parse(
      (
        await world.run([
          'metrics',
          'x:alice',
          '--json',
          '--tz',
          'UTC',
          '--from',
          '2026-11-20 02:00',
          '--to',
          '2026-11-20T04:00Z',
        ])
      ).stdout,
    );
    assert.deepEqual(
      [series.items.map(({ value }: Json) => value), series.cost.amount, series.next_to],
      [[104, null], 0.01, null],
    );
  });

  it('of which there is more than one page, comes whole', async () => {
    await using world = await measuredWorld();
    world.query(
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < 10500)
       insert into metrics select id, 'followers', i * 3600000, i, null, 100 from connections, n`,
    );
    const { stdout } = await world.run(['metrics', 'x:alice', '--json']);
    const series: Json = JSON.parse(stdout);
    assert.equal(series.items.length, 10_504);
    assert.equal(new Set(series.items.map(({ at }: Json) => at)).size, 10_504);
    assert.equal(series.cost.amount, 1.08);
    assert.equal(series.next_to, null);
  });

  it('of nothing says how to begin; misused is refused with 2', async () => {
    await using world = await connectedWorld();
    const nothing = await world.run(['metrics', 'x:alice']);
    assert.deepEqual([nothing.code, nothing.stdout], [0, '']);
    assert.match(nothing.stderr, /kippu schedule add x:alice .* --collect followers/);
    assert.match((await world.run(['metrics', 'x:alice', '--from', '3d'])).stderr, /Nothing was measured in that time/);
    const misuses = [
      ['--csv', '--json'],
      ['--width', '5'],
      ['--from', 'yesterday'],
      ['--tz', 'Mars'],
      ['--from', '1d', '--to', '2d'],
    ];
    for (const misuse of misuses)
      assert.equal((await world.run(['metrics', 'x:alice', ...misuse])).code, 2, misuse.join(' '));
    assert.equal((await world.run(['metrics', 'x:nobody'])).code, 1);
  });
});
