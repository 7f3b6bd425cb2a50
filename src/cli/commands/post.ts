import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import type { ApiClient } from '../api/client.ts';
import type { MadePostJson, PostCheckJson, PostJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readInput } from '../input.ts';
import { checkText, postForm, problemText, reasonText } from '../show-post.ts';
import { localZone } from '../times.ts';

interface PostFlags {
  readonly at?: string;
  readonly tz?: string;
  readonly replyTo?: string;
  readonly madeWithAi?: boolean;
  readonly draft?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function registerPost(program: Command, cli: Cli): void {
  const { options } = cli.texts;
  program
    .command('post')
    .helpGroup(cli.texts.program.groups.posts)
    .description(cli.texts.commands.post)
    .argument('<connection>', cli.texts.arguments.connection)
    .argument('<text>', cli.texts.arguments.postText)
    .option('--at <time>', options.at)
    .option('--tz <zone>', options.tz)
    .option('--reply-to <id>', options.replyTo)
    .option('--made-with-ai', options.madeWithAi)
    .option('--draft', options.draft)
    .option('--dry-run', options.dryRun)
    .option('--json', options.json)
    .action((connection: string, text: string, flags: PostFlags) => post(connection, text, flags, cli));
}

async function post(connection: string, given: string, flags: PostFlags, cli: Cli): Promise<void> {
  const text = given === '-' ? (await readInput(given, cli)).replace(/\r?\n$/, '') : given;
  if (flags.dryRun === true) return check(connection, text, flags, cli);
  await withApi(cli, async ({ api, local }) => {
    const made = await create(api, {
      connection,
      text,
      reply_to: flags.replyTo,
      made_with_ai: flags.madeWithAi,
      publish_at: flags.at,
      timezone: zoneFor(flags),
      draft: flags.draft,
    });
    for (const problem of made.problems) cli.say(problemText(problem, cli));
    if (flags.json === true) cli.printJson(made);
    else cli.print(postForm(made, cli));
    sayWhatIsLeft(made, { hasServer: local === undefined }, cli);
    cli.exitCode = exitCodeOf(made, flags);
  });
}

/** A time without a zone is meant by this machine's clock. */
function zoneFor({ at, tz }: PostFlags): string | undefined {
  return tz ?? (at === undefined ? undefined : localZone());
}

/** An answer that is lost on the way is asked for again: the key makes it the same post. */
async function create(api: ApiClient, body: unknown): Promise<MadePostJson> {
  const headers = { 'idempotency-key': randomUUID() };
  try {
    return await api.post<MadePostJson>('/v1/posts', body, { headers });
  } catch (error) {
    if (!(error instanceof KippuError) || error.code !== 'unavailable') throw error;
    return api.post<MadePostJson>('/v1/posts', body, { headers });
  }
}

/** Sends nothing and saves nothing. */
async function check(connection: string, text: string, flags: PostFlags, cli: Cli): Promise<void> {
  const timezone = zoneFor(flags);
  const at = flags.at === undefined ? undefined : await readTime(flags.at, timezone, cli);
  const body = { connection, text, reply_to: flags.replyTo, made_with_ai: flags.madeWithAi };
  const checked = await withApi(cli, ({ api }) => api.post<PostCheckJson>('/v1/posts/check', body));
  const whole = { ...checked, publish_at: at ?? null, timezone: timezone ?? null };
  if (flags.json === true) cli.printJson(whole);
  else cli.print(checkText(whole, cli));
  cli.say(cli.texts.posts.nothingSent);
  if (!checked.valid) cli.exitCode = EXIT.misused;
}

async function readTime(at: string, timezone: string | undefined, cli: Cli): Promise<string> {
  const { parsePublishTime } = await import('../../app/publish-time.ts');
  const { atMs } = parsePublishTime(at, { nowMs: cli.nowMs(), timezone, where: '--at' });
  return new Date(atMs).toISOString();
}

/** A post that was to go out now may still be on its way: what is left is said, and a script hears it too. */
function sayWhatIsLeft(made: PostJson, { hasServer }: { readonly hasServer: boolean }, cli: Cli): void {
  const { posts, general } = cli.texts;
  const isLater = made.status === 'scheduled';
  if (isLater && made.status_reason !== null) cli.say(posts.waits(reasonText(made) ?? made.status_reason));
  if (made.status === 'failed') cli.say(posts.failed(reasonText(made) ?? made.status));
  if (made.status === 'unknown') cli.say(posts.unknown);
  if ((isLater || made.status === 'unknown') && !hasServer) cli.say(general.noServerForLater);
}

function exitCodeOf({ status, status_reason: reason }: PostJson, { at }: PostFlags): ExitCode {
  switch (status) {
    case 'failed':
      return EXIT.failed;
    case 'unknown':
      return EXIT.notNow;
    case 'scheduled':
      if (reason === null && at !== undefined) return EXIT.done;
      return reason === 'reauth_required' || reason === 'revoked' ? EXIT.consentNeeded : EXIT.notNow;
    default:
      return EXIT.done;
  }
}
