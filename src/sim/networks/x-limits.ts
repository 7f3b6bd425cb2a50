import { SECOND_MS } from '../../model/clock.ts';
import type { SimEvent } from '../events.ts';
import type { RateWindow } from '../state.ts';
import type { World } from '../world.ts';

export interface Limited {
  readonly events: readonly SimEvent[];
  readonly headers: Readonly<Record<string, string>>;
  readonly isOver: boolean;
}

interface Meter {
  readonly key: string;
  readonly limit: number;
  readonly window: RateWindow;
  readonly resetMs: number;
}

/**
 * Counts one request against the user's and the app's window. A window starts with its first request; a request that is
 * refused for being one too many counts no further.
 */
export function countRequest(world: World, endpoint: string, clientId: string, userId: string | undefined): Limited {
  const limits = world.state.settings.rateLimits[endpoint];
  const user =
    limits?.user === undefined || userId === undefined
      ? undefined
      : meter(world, `${endpoint} user ${clientId} ${userId}`, limits.user);
  const app = limits?.app === undefined ? undefined : meter(world, `${endpoint} app ${clientId}`, limits.app);
  const meters = [user, app].filter((one) => one !== undefined);
  const isOver = meters.some((one) => one.window.used >= one.limit);
  const counted = isOver
    ? meters
    : meters.map((one) => ({ ...one, window: { ...one.window, used: one.window.used + 1 } }));
  const [first] = counted;
  const day = app === undefined || user === undefined ? undefined : counted[1];
  return {
    events: isOver ? [] : counted.map(({ key, window }) => ({ kind: 'window_used', key, window })),
    headers: {
      ...(first === undefined ? {} : headersOf('x-rate-limit', first)),
      ...(day === undefined ? {} : headersOf('x-app-limit-24hour', day)),
    },
    isOver,
  };
}

function meter(
  world: World,
  key: string,
  { limit, windowMs }: { readonly limit: number; readonly windowMs: number },
): Meter {
  const held = world.state.windows.get(key);
  const window = held !== undefined && world.nowMs < held.startMs + windowMs ? held : { startMs: world.nowMs, used: 0 };
  return { key, limit, window, resetMs: window.startMs + windowMs };
}

function headersOf(prefix: string, { limit, window, resetMs }: Meter): Record<string, string> {
  return {
    [`${prefix}-limit`]: String(limit),
    [`${prefix}-remaining`]: String(Math.max(0, limit - window.used)),
    [`${prefix}-reset`]: String(Math.ceil(resetMs / SECOND_MS)),
  };
}
