import { KippuError } from '../model/errors.ts';
import type { SettingsPatch } from './settings.ts';
import { z, type Inferred } from './zod.ts';

/** Where a fault can strike. `any` means every endpoint that a program calls, not the pages. */
export const FAULT_ENDPOINTS = [
  'any',
  'token',
  'device',
  'revoke',
  'push',
  'introspect',
  'check',
  'me',
  'tweets',
  'delete',
  'timeline',
  'followers',
  'repos',
  'userinfo',
  'keys',
] as const;
/** One of the endpoints that a program calls; `any` is whichever is called next. */
export type FaultEndpoint = (typeof FAULT_ENDPOINTS)[number];

/**
 * What can go wrong, once:
 *
 * - `lose`: the request is handled, the change committed, and not a byte of the answer leaves;
 * - `lose_request`: the request is dropped, nothing happened, and the client cannot tell;
 * - `delay`: handled at once, answered late;
 * - `cut`: handled; the headers promise the whole body, half of it comes;
 * - `status`: another answer instead. Unless `handled`, nothing happened.
 */
export const FAULT_KINDS = ['lose', 'lose_request', 'delay', 'cut', 'status'] as const;
/** One way in which a request goes wrong. */
export type FaultKind = (typeof FAULT_KINDS)[number];

const DELAY_MS_MAX = 3_600_000;
const COUNT_MAX = 1_000_000;

const orderSchema = z
  .strictObject({
    endpoint: z.enum(FAULT_ENDPOINTS),
    fault: z.enum(FAULT_KINDS),
    status: z.int().min(200).max(599).optional(),
    body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    headers: z
      .record(z.string().regex(/^[a-z0-9-]+$/, 'header names are in lower case'), z.string().regex(/^[\x20-\x7e]*$/))
      .optional(),
    handled: z.boolean().optional(),
    delay_ms: z.int().min(0).max(DELAY_MS_MAX).optional(),
    count: z.int().min(1).max(COUNT_MAX).optional(),
  })
  .refine((order) => order.fault !== 'status' || order.status !== undefined, {
    message: 'a status is needed',
    path: ['status'],
  })
  // GitHub's errors come with 200; without a body, that would be no fault.
  .refine((order) => (order.status ?? 400) >= 400 || order.body !== undefined, {
    message: 'below 400 a body is needed',
    path: ['status'],
  })
  .refine((order) => order.fault !== 'delay' || order.delay_ms !== undefined, {
    message: 'delay_ms is needed',
    path: ['delay_ms'],
  });

/** What is asked for, as `POST /_sim/faults` takes it. */
export type FaultOrder = Inferred<typeof orderSchema>;

/** An ordered fault that still waits for its requests. */
export interface Fault {
  readonly id: string;
  readonly endpoint: FaultEndpoint;
  readonly kind: FaultKind;
  readonly status: number;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly handled: boolean;
  readonly delayMs: number;
  readonly remaining: number;
}

/** Reads an order. Throws `invalid`, naming the field. */
export function parseFaultOrder(input: unknown): FaultOrder {
  const parsed = orderSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new KippuError(
    'invalid',
    `This fault cannot be ordered: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'not understood'}.`,
    { where },
  );
}

export function faultOf(order: FaultOrder, id: string): Fault {
  return {
    id,
    endpoint: order.endpoint,
    kind: order.fault,
    status: order.status ?? 0,
    body: typeof order.body === 'object' ? JSON.stringify(order.body) : order.body,
    headers: order.headers ?? {},
    handled: order.fault === 'status' ? (order.handled ?? false) : order.fault !== 'lose_request',
    delayMs: order.delay_ms ?? 0,
    remaining: order.count ?? 1,
  };
}

/** The first fault, in the order they were asked for, that waits for this endpoint. */
export function faultFor(faults: readonly Fault[], endpoint: string | undefined): Fault | undefined {
  if (endpoint === undefined) return undefined;
  return faults.find((fault) => fault.endpoint === endpoint || fault.endpoint === 'any');
}

/** What a `--fault` of `kippu simulate` means: a failure, or another way of behaving. */
export type FaultText =
  { readonly kind: 'fault'; readonly order: FaultOrder } | { readonly kind: 'settings'; readonly patch: SettingsPatch };

/** Switches that `--fault` knows by name: not one failure but another way of behaving. */
const NAMED_SETTINGS = {
  'family-kill': { familyKill: true },
  'kill-access': { killAccessOnRefresh: true },
  'idle-refresh': { refreshLife: 'idle' },
  'no-credits': { creditMicroDollars: 0 },
  'older-credits-body': { olderCreditsBody: true },
  'usage-cap': { usageCapReached: true },
  'not-enrolled': { clientNotEnrolled: true },
  'no-expiry': { tokensExpire: false },
  'no-device-flow': { deviceFlow: false },
  'non-rotating': { rotates: false },
  'no-offline-access': { apiOfflineAccess: false },
  'no-refresh-grant': { refreshGrant: false },
  'mfa-on-renewal': { mfaOnRenewal: true },
  'dpop-nonces': { dpopNonces: 'required' },
  'dpop-nonces-for-ever': { dpopNonces: 'never_satisfied' },
  'no-localhost': { allowLocalhost: false },
  'escaped-text': { escapedText: true },
} as const satisfies Record<string, SettingsPatch>;

/**
 * Reads what follows `--fault`: `lose:token`, `lose-request:token`, `cut:token`, `delay:token:5000` (milliseconds),
 * `status:tweets:500`, each with `*3` behind it for three times; `index-lag:5000`; `leeway:60000`; or one of the named switches.
 * Throws `invalid` with what there is to choose from.
 *
 * @example
 * ```ts
 * import { parseFault } from 'kippu/sim';
 * export const ordered = parseFault('delay:token:5000*2'); // the next two token answers come five seconds late
 * ```
 */
export function parseFault(text: string): FaultText {
  const named = new Map<string, SettingsPatch>(Object.entries(NAMED_SETTINGS)).get(text);
  if (named !== undefined) return { kind: 'settings', patch: named };
  const lag = /^index-lag:(\d{1,8})$/.exec(text);
  if (lag !== null) return { kind: 'settings', patch: { indexLagMs: Number(lag[1]) } };

  const leeway = /^leeway:(\d{1,8})$/.exec(text);
  if (leeway !== null) return { kind: 'settings', patch: { leewayMs: Number(leeway[1]) } };

  const match = /^([a-z_-]+):([a-z]+)(?::(\d{1,8}))?(?:\*(\d{1,6}))?$/.exec(text);
  if (match === null) throw notAFault(text);
  const [, name = '', endpoint, number, count] = match;
  const kind = name.replace('-', '_');
  const takesNumber = kind === 'delay' || kind === 'status';
  if (takesNumber !== (number !== undefined)) throw notAFault(text);
  const parsed = orderSchema.safeParse({
    endpoint,
    fault: kind,
    ...(kind === 'delay' ? { delay_ms: Number(number) } : {}),
    ...(kind === 'status' ? { status: Number(number) } : {}),
    ...(count === undefined ? {} : { count: Number(count) }),
  });
  if (!parsed.success) throw notAFault(text);
  return { kind: 'fault', order: parsed.data };
}

function notAFault(text: string): KippuError {
  return new KippuError(
    'invalid',
    `"${text}" is not a fault that the simulator knows. Write lose:ENDPOINT, lose-request:ENDPOINT, cut:ENDPOINT, ` +
      `delay:ENDPOINT:MILLISECONDS or status:ENDPOINT:CODE (400 to 599), with *COUNT behind it for more than once; ` +
      `ENDPOINT is one of ${FAULT_ENDPOINTS.join(', ')}. Or one of: index-lag:MILLISECONDS, leeway:MILLISECONDS, ${Object.keys(NAMED_SETTINGS).join(', ')}.`,
    { where: '--fault' },
  );
}
