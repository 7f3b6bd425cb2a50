import { KippuError } from '../model/errors.ts';
import { faultOf, parseFault, parseFaultOrder, type FaultOrder } from './faults.ts';
import { isHandle, newName, userIdOf } from './names.ts';
import { decideConsent } from './oauth/consent.ts';
import { requestBehind } from './oauth/pushed-requests.ts';
import { issuerOf } from './oauth/addresses.ts';
import { decideDevice } from './oauth/device-endpoint.ts';
import { rotateKeys } from './oauth/openid-endpoints.ts';
import { homePage } from './pages/home-page.ts';
import { ICON, REFRESH_SCRIPT } from './pages/assets.ts';
import { SCRIPT_PATH, STYLE_PATH } from './pages/page.ts';
import { STYLE } from './pages/style.ts';
import { parseSettingsPatch, type SettingsPatch } from './settings.ts';
import { isAlive } from './state.ts';
import { stateView } from './view.ts';
import { formOf, jsonReply, pathOf, redirectReply, type Reply, type SimRequest } from './wire.ts';
import { accessAfterEnd, justReply, type Decision, type World } from './world.ts';

/** Nothing below this path exists at a real provider. */
export const CONTROL_PREFIX = '/_sim/';

export interface Controls {
  /** Present when the clock can be moved. */
  readonly advance: ((ms: number) => void) | undefined;
}

const ADVANCE_MS_MAX = 1000 * 86_400_000;
const HANDLE_FORM = 'user must be a handle: 1 to 15 letters, digits or underscores.';

/**
 * The simulator's own page and controls:
 *
 * - `GET /` the page; `GET /_sim/state` what the provider remembers, without any token
 * - `POST /_sim/faults` one fault, as {@link FaultOrder}, or `{"text": "lose:token"}`; `DELETE /_sim/faults` forgets them
 * - `POST /_sim/settings` a part of the settings; `POST /_sim/tokens/revoke` `{"user"}` or `{"grant"}`: the user removes the app
 * - `POST /_sim/followers` `{"user", "count", "per_day"?}`: how many followers a user has from now on, and how many more each day
 * - `POST /_sim/clock` `{"advance_ms"}`, where the clock can be moved
 * - `POST /_sim/consent` `{"authorization_url", "user", "decision"?}`: consents without a browser, → `{"redirect_url"}`
 * - `POST /_sim/device` `{"user_code", "user", "decision"?}`: types a device's code without a browser
 *
 * - `POST /_sim/keys/rotate` `{"withdraw"?}`: signs with a new key from now on; `withdraw`: the old ones are published no more
 *
 * Bodies are JSON; the page's forms send the same fields. A page of another site can send neither: the browser says
 * where a request comes from, and asks before it sends JSON elsewhere.
 */
export function answerControl(world: World, request: SimRequest, controls: Controls): Decision {
  const path = pathOf(request.url);
  if (request.method === 'GET') return justReply(show(world, request, path, controls));
  if (!isFromOurPage(request)) return justReply(jsonReply(403, { error: 'another site sent this' }));
  try {
    const decision = act(world, request, path, controls);
    return formOf(request) === undefined ? decision : { ...decision, reply: redirectReply('/') };
  } catch (error) {
    if (error instanceof KippuError && error.code === 'invalid')
      return justReply(jsonReply(400, { error: error.message, where: error.where }));
    throw error;
  }
}

function show(world: World, request: SimRequest, path: string, controls: Controls): Reply {
  switch (path) {
    case '/':
      return homePage(world, {
        isClockAdjustable: controls.advance !== undefined,
        origin: `http://${request.headers['host'] ?? '127.0.0.1'}`,
      });
    case '/_sim/state':
      return jsonReply(200, stateView(world));
    case STYLE_PATH:
      return asset('text/css; charset=utf-8', STYLE);
    case SCRIPT_PATH:
      return asset('text/javascript; charset=utf-8', REFRESH_SCRIPT);
    case '/_sim/icon.svg':
      return asset('image/svg+xml', ICON);
    default:
      return jsonReply(404, { error: 'not found' });
  }
}

function act(world: World, request: SimRequest, path: string, controls: Controls): Decision {
  const input = inputOf(request);
  switch (`${request.method} ${path}`) {
    case 'POST /_sim/faults':
      return order(world, input);
    case 'DELETE /_sim/faults':
    case 'POST /_sim/faults/clear':
      return { events: [{ kind: 'faults_cleared' }], reply: jsonReply(200, { faults: [] }) };
    case 'POST /_sim/settings':
      return changeSettings(parseSettingsPatch(input));
    case 'POST /_sim/tokens/revoke':
      return removeApp(world, input);
    case 'POST /_sim/followers':
      return setFollowers(world, input);
    case 'POST /_sim/clock':
      return advanceClock(input, controls);
    case 'POST /_sim/keys/rotate':
      return rotateKeys(world, { withdraw: input['withdraw'] === true });
    case 'POST /_sim/consent':
      return consent(world, input);
    case 'POST /_sim/device':
      return typeUserCode(world, input);
    default:
      return justReply(jsonReply(404, { error: 'not found' }));
  }
}

function order(world: World, input: Readonly<Record<string, unknown>>): Decision {
  const text = input['text'];
  if (typeof text !== 'string') return orderFault(world, parseFaultOrder(input));
  const parsed = parseFault(text);
  return parsed.kind === 'fault' ? orderFault(world, parsed.order) : changeSettings(parsed.patch);
}

function orderFault(world: World, asked: FaultOrder): Decision {
  const fault = faultOf(asked, newName('fault', world.random));
  return { events: [{ kind: 'fault_ordered', fault }], reply: jsonReply(201, { id: fault.id }) };
}

function changeSettings(patch: SettingsPatch): Decision {
  return { events: [{ kind: 'settings_changed', patch }], reply: jsonReply(200, patch) };
}

/** What a user does at the provider's "connected apps" page: all grants end, access tokens included. */
function removeApp(world: World, input: Readonly<Record<string, unknown>>): Decision {
  const { user, grant: grantId } = input;
  const userId = typeof user === 'string' ? userIdOf(user) : undefined;
  const grants = [...world.state.grants.values()].filter((grant) => grant.userId === userId || grant.id === grantId);
  const alive = grants.filter((grant) => grant.tokenHashes.some((hash) => isUsable(world, hash)));
  return {
    events: alive.map((grant) => ({
      kind: 'grant_ended',
      grantId: grant.id,
      reason: 'removed_by_user',
      access: accessAfterEnd(world),
      atMs: world.nowMs,
    })),
    reply: jsonReply(200, { grants: alive.map((grant) => grant.id) }),
  };
}

function isUsable(world: World, hash: string): boolean {
  const token = world.state.tokens.get(hash);
  return token !== undefined && isAlive(token, world.nowMs);
}

const FOLLOWERS_MAX = 1_000_000_000;

function setFollowers(world: World, { user, count, per_day: perDay = 0 }: Readonly<Record<string, unknown>>): Decision {
  if (typeof user !== 'string' || !isHandle(user)) throw new KippuError('invalid', HANDLE_FORM, { where: 'user' });
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > FOLLOWERS_MAX)
    throw new KippuError('invalid', `count must be a whole number from 0 to ${FOLLOWERS_MAX}.`, { where: 'count' });
  if (typeof perDay !== 'number' || !Number.isFinite(perDay) || Math.abs(perDay) > FOLLOWERS_MAX)
    throw new KippuError('invalid', 'per_day must be a number; below 0 they become fewer.', { where: 'per_day' });
  const followers = { count, perDay, sinceMs: world.nowMs };
  return {
    events: [{ kind: 'followers_set', userId: userIdOf(user), followers }],
    reply: jsonReply(200, { user, count, per_day: perDay }),
  };
}

function advanceClock(input: Readonly<Record<string, unknown>>, { advance }: Controls): Decision {
  if (advance === undefined)
    return justReply(jsonReply(409, { error: 'this simulator was started with a clock that cannot be moved' }));
  const ms = Number(input['advance_ms']);
  if (!Number.isInteger(ms) || ms < 0 || ms > ADVANCE_MS_MAX)
    throw new KippuError('invalid', 'advance_ms must be a whole number of milliseconds, forwards.');
  advance(ms);
  return { events: [{ kind: 'clock_advanced', ms }], reply: jsonReply(200, { advanced_ms: ms }) };
}

function consent(world: World, input: Readonly<Record<string, unknown>>): Decision {
  const url = input['authorization_url'];
  if (typeof url !== 'string' || !URL.canParse(url))
    throw new KippuError('invalid', 'authorization_url must be a URL.');
  const { searchParams, host, protocol } = new URL(url);
  const read = requestBehind(world, searchParams);
  if (read.kind === 'untrusted') throw new KippuError('invalid', read.problem);
  if (read.kind === 'redirected') return justReply(jsonReply(200, { redirect_url: read.location }));
  const handle = typeof input['user'] === 'string' ? input['user'] : '';
  const isAllowed = input['decision'] !== 'deny';
  if (isAllowed && !isHandle(handle)) throw new KippuError('invalid', HANDLE_FORM);
  // Whoever names this server by its socket knows it by that; otherwise it stands for the provider's own address.
  const issuer = issuerOf({ provider: world.provider, origin: protocol === 'http:' ? `http://${host}` : undefined });
  const decided = decideConsent(world, read.request, { handle, isAllowed, issuer });
  return { events: decided.events, reply: jsonReply(200, { redirect_url: decided.location }) };
}

function typeUserCode(world: World, input: Readonly<Record<string, unknown>>): Decision {
  const handle = typeof input['user'] === 'string' ? input['user'] : '';
  const isAllowed = input['decision'] !== 'deny';
  if (isAllowed && !isHandle(handle))
    throw new KippuError('invalid', 'user must be a handle: 1 to 15 letters, digits or underscores.');
  const events = decideDevice(world, String(input['user_code']), { handle, isAllowed });
  if (events === undefined) throw new KippuError('invalid', 'no device waits with this user_code.');
  return { events, reply: jsonReply(200, {}) };
}

/** Browsers add these headers and no page can change them; a program sends neither. */
function isFromOurPage(request: SimRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = request.headers['origin'];
  return origin === undefined || origin === `http://${request.headers['host'] ?? ''}`;
}

/** The fields of a JSON body, or of one of the page's forms, whose `json` field holds them. */
function inputOf(request: SimRequest): Readonly<Record<string, unknown>> {
  const form = formOf(request);
  const text = form === undefined ? request.body : (form.get('json') ?? '{}');
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (form === undefined && text !== '' && type !== 'application/json')
    throw new KippuError('invalid', 'The body must be application/json.');
  const value = parseJson(text === '' ? '{}' : text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new KippuError('invalid', 'The body must be a JSON object.');
  return value as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KippuError('invalid', 'The body is not JSON.', { cause });
  }
}

function asset(type: string, body: string): Reply {
  return {
    status: 200,
    headers: { 'content-type': type, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' },
    body,
  };
}
