import { auth0Data } from '../../src/providers/data/auth0.ts';
import { githubData } from '../../src/providers/data/github.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import type { FaultEndpoint } from '../../src/sim/faults.ts';
import type { SettingsPatch } from '../../src/sim/settings.ts';

/** A provider as a run plays it. What else differs between providers stands in their data, and in the journal. */
export interface Played {
  readonly data: Provider;
  /** Access tokens live as long as the real ones divided by this: seconds. */
  readonly fast: number;
  /** The app's own settings, without `KIPPU_<ID>_`. */
  readonly app: Readonly<Record<string, string>>;
  /** What the simulated provider is set to. */
  readonly simulated: SettingsPatch;
  /** Where answers go wrong, and how often. */
  readonly strikes: Readonly<Partial<Record<FaultEndpoint, number>>>;
  /** Posts are made and judged. Elsewhere people leave and come back instead. */
  readonly takesPosts: boolean;
}

/** So many that no user of a run meets a limit that nobody planned. */
const NO_LIMIT = { user: { limit: 1_000_000, windowMs: 900_000 } } as const;
const SECRET = { CLIENT_ID: 'torture', CLIENT_SECRET: '0123456789abcdef0123456789abcdef01234567' } as const;

export const PLAYED = {
  x: {
    data: xData,
    fast: 900,
    app: { CLIENT_ID: 'torture' },
    simulated: {
      // A post that is sent twice is out twice.
      duplicateWindowMs: 0,
      rateLimits: { tweets: NO_LIMIT, delete: NO_LIMIT, me: NO_LIMIT, timeline: NO_LIMIT, followers: NO_LIMIT },
    },
    strikes: { token: 60, tweets: 26, timeline: 8, me: 6 },
    takesPosts: true,
  },
  github: {
    data: githubData,
    // Longer than Kippu waits before it asks whether an unanswered renewal was handled.
    fast: 1200,
    app: SECRET,
    simulated: { rateLimits: { core: NO_LIMIT } },
    strikes: { token: 70, me: 20, revoke: 10 },
    takesPosts: false,
  },
  auth0: {
    data: auth0Data,
    fast: 10_800,
    // Days are seconds here: the grants of a run end by reuse, by revocation and by the user, and not by age.
    app: { ...SECRET, REFRESH_LIFETIME: 'never', REFRESH_IDLE_LIFETIME: 'never' },
    simulated: { refreshAbsoluteMs: null, refreshIdleMs: null, rateLimits: { userinfo: NO_LIMIT } },
    strikes: { token: 70, userinfo: 10, keys: 10, revoke: 10 },
    takesPosts: false,
  },
} as const satisfies Readonly<Record<string, Played>>;
export type PlayedName = keyof typeof PLAYED;

export function isPlayed(name: string): name is PlayedName {
  return Object.hasOwn(PLAYED, name);
}

/** As Kippu names the connection of that user. */
export function connectionOf({ data }: Pick<Played, 'data'>, handle: string): string {
  return `${data.id}:${handle}`;
}
