import { bearerText, liveAccess } from '../bearer.ts';
import type { SimEvent } from '../events.ts';
import type { User } from '../state.ts';
import type { Reply, SimRequest } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import { countRequest } from './x-limits.ts';
import { bill, type Charge } from './x-prices.ts';
import {
  appOnlyRefused,
  clientNotEnrolled,
  creditsDepleted,
  notPermitted,
  tooManyRequests,
  unauthorized,
  usageCapExceeded,
} from './x-problems.ts';

/** Who calls: an app for a user, or, where the call allows it, an app for itself. */
export interface Caller {
  readonly clientId: string;
  readonly user: User | undefined;
  readonly scopes: readonly string[];
}

export interface XCall {
  readonly world: World;
  readonly request: SimRequest;
  readonly caller: Caller;
  /** The id in the path; empty where there is none. */
  readonly id: string;
}

export interface XOutcome {
  readonly reply: Reply;
  readonly events?: readonly SimEvent[];
  readonly charges?: readonly Charge[];
}

export interface XCallRules {
  readonly endpoint: string;
  readonly scopes: readonly string[];
  readonly allowsAppOnly: boolean;
  readonly act: (call: XCall) => XOutcome;
}

/** What every call of X's API meets before it does anything, in this order; then the call, then the bill. */
export function pass(world: World, request: SimRequest, rules: XCallRules, id: string): Decision {
  const { settings, money } = world.state;
  const caller = callerOf(world, request);
  if (caller === undefined) return justReply(unauthorized());
  if (caller.user === undefined && !rules.allowsAppOnly) return justReply(appOnlyRefused(settings));
  if (settings.clientNotEnrolled) return justReply(clientNotEnrolled(settings, caller.clientId));

  const limited = countRequest(world, rules.endpoint, caller.clientId, caller.user?.id);
  const done = (outcome: XOutcome): Decision => ({
    events: [...limited.events, ...(outcome.events ?? []), ...bill(world, caller.clientId, outcome.charges ?? [])],
    reply: { ...outcome.reply, headers: { ...outcome.reply.headers, ...limited.headers } },
  });
  if (limited.isOver) return done({ reply: tooManyRequests(settings) });
  if (settings.usageCapReached) return done({ reply: usageCapExceeded(settings) });
  if (caller.user !== undefined && rules.scopes.some((scope) => !caller.scopes.includes(scope)))
    return done({ reply: notPermitted() });
  if (money.balanceMicroDollars !== null && money.balanceMicroDollars <= 0)
    return done({ reply: creditsDepleted(settings, caller.clientId) });
  return done(rules.act({ world, request, caller, id }));
}

function callerOf(world: World, request: SimRequest): Caller | undefined {
  const access = liveAccess(world, request);
  if (access !== undefined) return { clientId: access.grant.clientId, user: access.user, scopes: access.grant.scopes };
  const text = bearerText(request);
  const client =
    text === undefined ? undefined : [...(world.clients?.values() ?? [])].find((one) => one.appOnlyToken === text);
  return client === undefined ? undefined : { clientId: client.id, user: undefined, scopes: [] };
}
