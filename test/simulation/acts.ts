import { beginConsent } from '../../src/connect/begin.ts';
import { sendBrowser } from '../../src/connect/depart.ts';
import { finishConsent } from '../../src/connect/finish.ts';
import { assertNever } from '../../src/model/assert-never.ts';
import { KippuError } from '../../src/model/errors.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { createPost } from '../../src/posts/drafts.ts';
import { revoke } from '../../src/renewal/revoke.ts';
import type { Row } from '../../src/store/sqlite/database.ts';
import { bringTokens } from './import-act.ts';
import { isExplained } from './observer.ts';
import type { Act } from './plan.ts';
import { changeSchedule, makeSchedule } from './schedule-acts.ts';
import type { Running } from './simulated-node.ts';
import type { World } from './world.ts';

/** What is done through one of our nodes. */
type ActOnNode = Extract<Act, { readonly node: number }>;

/** Somebody does something, and does not come back to it: what comes of it is told and judged here. */
export function perform(world: World, act: Act, heard: (outcome: string) => void = () => undefined): void {
  if (act.kind === 'remove_app') {
    world.journal.meet('act', act.kind);
    world.journal.tell(act.user, () => 'removes the app at the provider');
    for (const grant of world.provider.grants) {
      if (grant.user === act.user) world.provider.end(grant, 'user', world.scheduler.nowMs);
    }
    return;
  }
  if (act.kind === 'end_access') {
    world.journal.meet('act', act.kind);
    world.journal.tell('the provider', () => `ends the access token of ${act.user} before its time`);
    world.provider.endAccess(act.user);
    return;
  }
  if (act.kind === 'post_elsewhere') {
    world.journal.meet('act', act.kind);
    world.journal.tell(act.user, () => `posts "${act.text}" by other means`);
    world.provider.timeline.publish({ user: act.user, text: act.text, isOurs: false }, world.scheduler.nowMs);
    return;
  }
  const node = world.node(act.node);
  if (!node.isAlive) return;
  const { now } = node;
  world.journal.meet('act', act.kind);
  void outcomeOf(world, act, now).then((outcome) => {
    world.journal.meet(`act ${act.kind}`, outcome);
    world.journal.tell(now.life.name, () => `${act.kind} for ${act.user} ends: ${outcome}`);
    heard(outcome);
  });
}

async function outcomeOf(world: World, act: ActOnNode, now: Running): Promise<string> {
  try {
    return await doIt(world, act, now);
  } catch (error) {
    if (!isExplained(error)) {
      world.oracle.accuse(
        'nothing thrown',
        `${act.kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    return error instanceof KippuError ? error.code : 'died';
  }
}

async function doIt(world: World, act: ActOnNode, now: Running): Promise<string> {
  const id = world.connectionOf(act.user);
  switch (act.kind) {
    case 'use':
      return use(world, act, now);
    case 'renew_now': {
      world.oracle.forced.add(act.user);
      const credential = await now.renewal.credentials.read(id);
      await now.tokens.renewNow(id, credential?.version ?? 0);
      return 'renewed';
    }
    case 'consent_again':
      return consent(world, act.user, now);
    case 'revoke':
      await revoke(id, { atProvider: act.atProvider }, now.renewal);
      return 'revoked';
    case 'post': {
      world.wanted.set(act.text, (world.wanted.get(act.text) ?? 0) + (act.resends ? 2 : 1));
      const request = { connection: act.user, text: act.text, resend: act.resends, ...timeOf(act) };
      const { post } = await createPost(request, undefined, now.posts);
      return post.status;
    }
    case 'import':
      return bringTokens(world, act, now);
    case 'schedule':
      return makeSchedule(world, act, now);
    case 'change_schedule':
      return changeSchedule(world, act, now);
    default:
      return assertNever(act);
  }
}

function timeOf({ inMs }: Extract<Act, { kind: 'post' }>): { readonly publishAt?: string } {
  return inMs === 0 ? {} : { publishAt: `+${Math.round(inMs / 60_000)}m` };
}

/** Takes a token and calls the provider with it, as an application does; a refused one is reported, and the next one tried. */
async function use(world: World, act: Extract<Act, { kind: 'use' }>, { life, tokens }: Running): Promise<string> {
  const id = world.connectionOf(act.user);
  const before = livingToken(world, id, life.clock.nowMs());
  const patience = act.leavesAfterMs === undefined ? {} : { deadlineMs: act.leavesAfterMs };
  try {
    const access = await tokens.get(id, act.minTtlMs === undefined ? {} : { minTtlMs: act.minTtlMs }, patience);
    if (world.provider.isAccessGood(access.accessToken.reveal(), world.scheduler.nowMs)) return 'served';
    const next = await tokens.get(id, { refused: access.accessToken }, patience);
    const isGood = world.provider.isAccessGood(next.accessToken.reveal(), world.scheduler.nowMs);
    return isGood ? 'served after a refusal' : 'refused twice';
  } catch (error) {
    const code = error instanceof KippuError ? error.code : '';
    const after = livingToken(world, id, life.clock.nowMs());
    if (before !== undefined && before === after && REFUSALS.has(code)) {
      world.oracle.accuse(
        'no reader refused',
        `${life.name} has a living token of ${act.user} (version ${before}), and says ${code}`,
      );
    }
    throw error;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['uncertain', 'unavailable', 'reauth_required', 'misconfigured']);

/** The version of the stored access token, while it lives by this clock and nobody has refused it. */
function livingToken(world: World, id: ConnectionId, nowMs: number): number | undefined {
  const row: Row | undefined = world.store.get(LIFE_SQL, { id });
  if (row === undefined || row['access_refused_at_ms'] !== null || row['state'] === 'revoked') return undefined;
  const endsAtMs = row['access_expires_at_ms'];
  return typeof endsAtMs === 'number' && nowMs < endsAtMs ? Number(row['version']) : undefined;
}

const LIFE_SQL = `select c.version, c.access_expires_at_ms, c.access_refused_at_ms, n.state
  from credentials c join connections n on n.id = c.connection_id where n.id = :id`;

/** A browser's whole way, through one node. */
async function consent(world: World, user: string, { connect }: Running): Promise<string> {
  const { app } = world;
  const begun = await beginConsent(
    {
      ...{
        app,
        owner: '',
        scopes: { chosen: [], offline: true },
        name: undefined,
        connectionId: world.connectionOf(user),
      },
      ...{ redirectUri: `http://127.0.0.1:4180/callback/${app.provider.id}`, returnUrl: undefined },
    },
    connect,
  );
  const { url, browserSecret } = await sendBrowser(begun.id, undefined, connect);
  const params = world.provider.consent(url, user);
  const finished = await finishConsent({ provider: app.provider.id, params, browserSecret }, connect);
  world.journal.tell(user, () => `has consented again: ${finished.kind}`);
  return finished.kind;
}
