import { Option, type Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import { POST_STATUSES } from '../../model/post.ts';
import type { Page } from '../api/client.ts';
import type { ConnectionJson, PostJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { postForm, statusText } from '../show-post.ts';
import { table } from '../table.ts';
import { cutTo } from '../text-width.ts';
import { clockText, localZone } from '../times.ts';

interface JsonFlag {
  readonly json?: boolean;
}

export function registerPosts(program: Command, cli: Cli): void {
  const { arguments: args, commands, options, program: texts } = cli.texts;
  const posts = program
    .command('posts')
    .helpGroup(texts.groups.posts)
    .description(commands.posts)
    .addOption(new Option('--status <status>', options.postStatus).choices(POST_STATUSES))
    .option('--json', options.json)
    .action((flags: ListFlags) => list(flags, cli));
  posts
    .command('show')
    .description(commands.postsShow)
    .argument('<id>', args.post)
    .option('--json', options.json)
    .action((id: string, _: unknown, command: Command) => show(id, command.optsWithGlobals(), cli));
  posts
    .command('approve')
    .description(commands.postsApprove)
    .argument('<id>', args.post)
    .option('--json', options.json)
    .action((id: string, _: unknown, command: Command) => approve(id, command.optsWithGlobals(), cli));
  posts
    .command('cancel')
    .description(commands.postsCancel)
    .argument('<id>', args.post)
    .option('--json', options.json)
    .action((id: string, _: unknown, command: Command) => cancel(id, command.optsWithGlobals(), cli));
  posts
    .command('resolve')
    .description(commands.postsResolve)
    .argument('<id>', args.post)
    .addOption(new Option('--published <id>', options.published))
    .addOption(new Option('--not-published', options.notPublished).conflicts('published'))
    .option('--json', options.json)
    .action((id: string, _: unknown, command: Command) => resolve(id, command.optsWithGlobals(), cli));
}

interface ListFlags extends JsonFlag {
  readonly status?: string;
}

async function list({ status, json }: ListFlags, cli: Cli): Promise<void> {
  if (json === true) cli.printJson(await withApi(cli, ({ api }) => api.all<PostJson>('/v1/posts', { status })));
  else await listNewest(status, cli);
}

async function listNewest(status: string | undefined, cli: Cli): Promise<void> {
  const {
    items,
    next_cursor: next,
    names,
  } = await withApi(cli, async ({ api }) => {
    const query = new URLSearchParams({ limit: String(POSTS_SHOWN), ...(status === undefined ? {} : { status }) });
    const page = await api.get<Page<PostJson>>(`/v1/posts?${query.toString()}`);
    const connections = await api.all<ConnectionJson>('/v1/connections', {});
    return { ...page, names: new Map(connections.items.map(({ id, name }) => [id, name])) };
  });
  const { headings, none, older } = cli.texts.posts;
  if (items.length === 0) {
    cli.say(none);
    return;
  }
  const zone = localZone();
  const rows = items.map((post) => [
    post.id,
    statusText(post, cli),
    whenOf(post, zone),
    printable(names.get(post.connection) ?? post.connection),
    cutTo(printable(post.text), TEXT_COLUMNS),
  ]);
  cli.print(table([headings.id, headings.status, headings.when, headings.connection, headings.text], rows));
  if (next !== null) cli.say(older(POSTS_SHOWN));
  cli.say(cli.texts.times.zone(zone));
}

const POSTS_SHOWN = 50;
const TEXT_COLUMNS = 40;

function whenOf({ published_at: publishedAt, publish_at: publishAt }: PostJson, zone: string): string {
  const instant = publishedAt ?? publishAt;
  return instant === null ? '-' : clockText(Date.parse(instant), zone);
}

async function show(id: string, flags: JsonFlag, cli: Cli): Promise<void> {
  print(await withApi(cli, ({ api }) => api.get<PostJson>(postPath(id))), flags, cli);
}

async function approve(id: string, flags: JsonFlag, cli: Cli): Promise<void> {
  print(await withApi(cli, ({ api }) => api.post<PostJson>(postPath(id, '/approve'))), flags, cli);
}

async function cancel(id: string, flags: JsonFlag, cli: Cli): Promise<void> {
  print(await withApi(cli, ({ api }) => api.delete<PostJson>(postPath(id))), flags, cli);
}

async function resolve(
  id: string,
  flags: JsonFlag & { readonly published?: string; readonly notPublished?: boolean },
  cli: Cli,
): Promise<void> {
  const { published, notPublished } = flags;
  if ((published === undefined) !== (notPublished === true)) {
    throw new KippuError('invalid', cli.texts.posts.oneOfTwo, { where: '--published' });
  }
  const body = published === undefined ? { as: 'not_published' } : { as: 'published', remote_id: published };
  print(await withApi(cli, ({ api }) => api.post<PostJson>(postPath(id, '/resolve'), body)), flags, cli);
}

function print(post: PostJson, { json }: JsonFlag, cli: Cli): void {
  if (json === true) cli.printJson(post);
  else cli.print(postForm(post, cli));
}

function postPath(id: string, rest = ''): string {
  return `/v1/posts/${encodeURIComponent(id)}${rest}`;
}
