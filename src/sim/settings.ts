import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { Provider } from '../providers/provider.ts';
import { defaultTenantSettings, TENANT_SHAPE } from './tenant-settings.ts';
import { z, type Inferred } from './zod.ts';

const limitSchema = z.strictObject({ limit: z.int().min(0), windowMs: z.int().positive() });
const limitsSchema = z.strictObject({ user: limitSchema.optional(), app: limitSchema.optional() });

/**
 * What can be switched while the simulator runs. Each switch is durable. Where the real provider's behaviour is not
 * known, the default is what most observers saw, and the switch is the other possibility.
 */
export const settingsSchema = z.strictObject({
  /** Presenting a spent refresh token also kills its successors. */
  familyKill: z.boolean(),
  /** Whether a refresh token's life counts from the consent or from the last renewal. */
  refreshLife: z.enum(['absolute', 'idle']),
  /** A renewal kills the old access token at once. */
  killAccessOnRefresh: z.boolean(),
  /** The refresh token in the answer to a renewal; `sometimes` is every other time. */
  refreshAnswered: z.enum(['new', 'same', 'sometimes', 'none']),
  /** A consent brings no refresh token, as a provider does that gave one already. */
  withholdRefresh: z.boolean(),
  /** Which of its words for a dead grant the provider uses, by their code; `null`: the usual ones. */
  deadAs: z.string().nullable(),
  /** An access token that is itself exchanged is refused while it is too young. */
  minAge: z.boolean(),
  /** Access tokens end by time, and refresh tokens come with them; `false` where an app has opted out of that. */
  tokensExpire: z.boolean(),
  /** The app may use the device flow. */
  deviceFlow: z.boolean(),
  /** What an app that may not is answered with; the second has been reported, and not confirmed. */
  deviceFlowDisabledStatus: z.union([z.literal(400), z.literal(200)]),
  /** Lifetimes are answered as texts, as GitHub's first announcement printed them. */
  lifetimesAsText: z.boolean(),
  /** How many grants one user and app may have; one more ends the oldest. `null`: no end. */
  grantsPerUserMax: z.int().positive().nullable(),
  /** Whether DPoP proofs need this server's nonce; `never_satisfied`: whatever comes, another one is asked for. */
  dpopNonces: z.enum(['optional', 'required', 'never_satisfied']),
  /** Accept `http://localhost` as a redirect URI. */
  allowLocalhost: z.boolean(),
  /** What an unknown `client_id` is answered with at the token endpoint; both have been seen. */
  unknownClientStatus: z.union([z.literal(400), z.literal(401)]),
  /** How long a new post is missing from the timeline. */
  indexLagMs: z.int().min(0),
  /** What is left to spend, in millionths of a dollar; `null`: no end. Setting it refills the account. */
  creditMicroDollars: z.int().nullable(),
  /** Out of credits is answered as in early 2026. */
  olderCreditsBody: z.boolean(),
  /** Whether the who-am-I call is charged as a user read; the price list implies it and does not say it. */
  chargeForMe: z.boolean(),
  /** The monthly product cap is reached: reads and writes answer 429. */
  usageCapReached: z.boolean(),
  /** The app is not enrolled for the API: every resource call answers 403 `client-not-enrolled`. */
  clientNotEnrolled: z.boolean(),
  /** Too many requests is answered in the shape that the documentation prints, that of the first API version. */
  olderRateLimitBody: z.boolean(),
  /** Problem types on `api.twitter.com`, as seen live for years, instead of `api.x.com`. */
  olderProblemHost: z.boolean(),
  /** How long a text counts as a duplicate. The real window is unpublished. */
  duplicateWindowMs: z.int().min(0),
  /** `&`, `<` and `>` come back as HTML entities in a post's text. Seen by many readers; undocumented. */
  escapedText: z.boolean(),
  /** Requests per window, by endpoint: each user's and the app's. An endpoint without an entry has no limit. */
  rateLimits: z.record(z.string(), limitsSchema),
  ...TENANT_SHAPE,
});
/** Every switch of a simulated provider, as it stands. */
export type Settings = Inferred<typeof settingsSchema>;

const patchSchema = settingsSchema.partial();
/** The switches to change; the others stay. */
export type SettingsPatch = Inferred<typeof patchSchema>;

const WINDOW_MS = 15 * MINUTE_MS;

/** The defaults, taken from the provider's data where they speak of it. */
export function defaultSettings(provider: Provider): Settings {
  return {
    familyKill: provider.refresh.reuseKillsFamily,
    refreshLife:
      provider.refresh.absoluteMs === undefined && provider.refresh.idleMs !== undefined ? 'idle' : 'absolute',
    killAccessOnRefresh: provider.refresh.renewalKillsAccess,
    refreshAnswered: refreshAnswered(provider),
    withholdRefresh: false,
    deadAs: null,
    minAge: true,
    tokensExpire: provider.access.whenMissing !== 'never' || provider.access.isAnswered !== false,
    deviceFlow: provider.endpoints.deviceCode !== undefined,
    deviceFlowDisabledStatus: 400,
    lifetimesAsText: false,
    grantsPerUserMax: provider.grantsPerSubjectMax ?? null,
    dpopNonces: 'optional',
    allowLocalhost: true,
    unknownClientStatus: 401,
    indexLagMs: 0,
    creditMicroDollars: null,
    olderCreditsBody: false,
    chargeForMe: provider.identity.mayBeBilled,
    usageCapReached: false,
    clientNotEnrolled: false,
    olderRateLimitBody: false,
    olderProblemHost: false,
    duplicateWindowMs: DAY_MS,
    escapedText: false,
    ...defaultTenantSettings(provider),
    rateLimits: {
      tweets: { user: { limit: 100, windowMs: WINDOW_MS }, app: { limit: 10_000, windowMs: DAY_MS } },
      delete: { user: { limit: 50, windowMs: WINDOW_MS } },
      me: { user: { limit: 75, windowMs: WINDOW_MS } },
      timeline: { user: { limit: 900, windowMs: WINDOW_MS } },
      followers: { user: { limit: 300, windowMs: WINDOW_MS } },
      core: { user: { limit: 5000, windowMs: HOUR_MS } },
      // Auth0's numbers depend on the plan: this one is nobody's.
      userinfo: { user: { limit: 100, windowMs: MINUTE_MS } },
    },
  };
}

/** Where a refresh token works once, there is no life without another one. */
function refreshAnswered({ refresh }: Provider): Settings['refreshAnswered'] {
  return refresh.answered ?? (refresh.rotation === 'single-use' ? 'new' : 'none');
}

/** Reads a change of settings. Throws `invalid`, naming the setting. */
export function parseSettingsPatch(input: unknown): SettingsPatch {
  const parsed = patchSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new KippuError(
    'invalid',
    `The simulator's settings cannot be changed: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'not understood'}. ` +
      `There are: ${Object.keys(settingsSchema.shape).join(', ')}.`,
    { where },
  );
}
