import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKippu, type Connection, type Schedule } from 'kippu';
import { toNodeHandler } from 'kippu/node';
import { x } from 'kippu/providers';
import { sqlite } from 'kippu/sqlite';
import { morningText } from './text.ts';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const { PORT = '3000', KIPPU_HOME: home = '.kippu', CRON: cron = '0 9 * * *', TIMEZONE: timezone = HERE } = process.env;
const {
  KIPPU_X_CLIENT_ID: clientId = '',
  KIPPU_X_CLIENT_SECRET: clientSecret,
  KIPPU_X_BASE_URL: baseUrl,
} = process.env;
const publicUrl = `http://127.0.0.1:${PORT}`;

const kippu = createKippu({
  publicUrl,
  home,
  store: sqlite(`${home}/kippu.db`),
  providers: [x({ clientId, clientSecret, baseUrl })],
  composers: { morning: morningText },
});

/** How things stood when somebody looked last. */
let standing = '';
kippu.on('connection.reauth_soon', () => console.log(`A new login will be needed soon: ${publicUrl}/login`));
kippu.on('post.published', ({ data }) => console.log(`Posted: ${String(data['remote_url'])}`));
kippu.on('post.failed', ({ data }) => console.error(`Not posted: ${String(data['reason'])}`));
kippu.on('post.unknown', () => console.error('X gave no answer; the post is looked for on the timeline.'));
kippu.on('schedule.missed', () => console.error('Nothing ran when it was time to post.'));
await (process.argv.includes('--once') ? runOnce() : keepRunning());

/** Until a signal. What comes due happens by itself; whoever opens the page signs in, if that is needed. */
async function keepRunning(): Promise<void> {
  const server = createServer(toNodeHandler(answer, { origin: publicUrl })).listen(Number(PORT), '127.0.0.1');
  const stop = (): void => void server.close(() => void kippu.close());
  process.once('SIGINT', stop).once('SIGTERM', stop);
  for (const type of ['connection.created', 'connection.reauth_required', 'connection.revoked'] as const)
    kippu.on(type, prepare);
  await prepare();
}

/** For cron, every few minutes: does what is due, and ends. What it cannot finish, the next one goes on with. */
async function runOnce(): Promise<void> {
  await prepare();
  const deadline = AbortSignal.timeout(60_000);
  while (!(await needsLogin()) && (await isWorkLeft()) && !deadline.aborted) await sleep(500);
  if (await needsLogin()) process.exitCode = 3;
  else if (await isWorkLeft()) process.exitCode = 4;
  await prepare();
  await kippu.close();
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === '/') return new Response(standing);
  if (pathname !== '/login') return kippu.handler(request);
  const { url } = await kippu.connect({ provider: 'x', connection: (await account())?.id });
  return Response.redirect(url, 303);
}

/** Sees to it that there is the one schedule, however often this is started, and says in words how things stand. */
async function prepare(): Promise<void> {
  const connection = await account();
  const before = standing;
  standing = `A login is needed: ${publicUrl}/login`;
  if (connection !== undefined && !(await needsLogin())) {
    const { nextRunAt = 0 } = await theSchedule(connection);
    const next = new Date(nextRunAt).toLocaleString('en', {
      dateStyle: 'full',
      timeStyle: 'short',
      timeZone: timezone,
    });
    standing = `${connection.name} posts next on ${next} (${timezone}).`;
  }
  if (standing !== before) console.log(standing);
}

async function theSchedule({ id: connection }: Connection): Promise<Schedule> {
  let kept: Schedule | undefined;
  for await (const known of kippu.schedules({ connection })) {
    if (kept === undefined && known.cron === cron && known.timezone === timezone) kept = known;
    else await kippu.removeSchedule(known.id);
  }
  // Up to three hours late it still goes out; later, a good morning is none.
  const latestAfter = 3 * 3600;
  return kept ?? kippu.schedule(connection, { cron, timezone, latestAfter, compose: { function: 'morning' } });
}

/** The account that posts, once somebody has signed in. */
async function account(): Promise<Connection | undefined> {
  const { value } = await kippu.connections({ provider: 'x' }).next();
  return value;
}

async function needsLogin(): Promise<boolean> {
  const { state } = (await account()) ?? { state: 'revoked' };
  return state === 'reauth_required' || state === 'revoked';
}

async function isWorkLeft(): Promise<boolean> {
  for await (const { nextRunAt = Infinity } of kippu.schedules()) if (nextRunAt <= Date.now()) return true;
  for (const status of ['scheduled', 'publishing'] as const)
    for await (const { publishAt = 0 } of kippu.posts({ status })) if (publishAt <= Date.now()) return true;
  return false;
}
