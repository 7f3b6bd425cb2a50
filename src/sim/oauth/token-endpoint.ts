import { createHash } from 'node:crypto';
import { SECOND_MS } from '../../model/clock.ts';
import type { SimEvent } from '../events.ts';
import { hashOf, newName } from '../names.ts';
import type { ErrorAnswer, Network, TokenProblem } from '../networks/network.ts';
import { isPlayed, QUIRKS, sideOf } from '../quirks.ts';
import { isAlive, type Code, type Device, type Grant, type Token } from '../state.ts';
import { jsonReply, type SimRequest } from '../wire.ts';
import { justReply, refreshEndMs, type Decision, type World } from '../world.ts';
import { checkClient } from './client-check.ts';
import { answeredRefresh, issue } from './issue.ts';
import { asAskedFor, parametersOf } from './token-wire.ts';

/**
 * `POST` to the token endpoint: a code, a device code or a refresh token against a new token set (RFC 6749, sections
 * 4.1.3 and 6; RFC 8628, section 3.4).
 */
export function answerToken(world: World, network: Network, request: SimRequest): Decision {
  const decision = answerForm(world, network, request, parametersOf(world, request));
  return { ...decision, reply: asAskedFor(world, request, decision.reply) };
}

function answerForm(world: World, network: Network, request: SimRequest, form: URLSearchParams): Decision {
  const code = world.state.codes.get(hashOf(form.get('code') ?? ''));
  const refresh = presentedRefresh(world, form);
  const device = world.state.devices.get(hashOf(form.get('device_code') ?? ''));
  const grant = grantOf(world, refresh);
  const client = checkClient(world, request, form, {
    ownerOfGrant: code?.request.clientId ?? grant?.clientId ?? device?.clientId,
    isOfDevice: form.get('grant_type') === DEVICE_GRANT || grant?.flow === 'device',
  });
  if (client.kind === 'refused') return refuse(world, network, client.problem, client.parameter);

  const decision = exchange(world, network, form, { clientId: client.clientId, code, refresh, device });
  return { events: [...client.events, ...decision.events], reply: decision.reply };
}

interface Presented {
  readonly clientId: string;
  readonly code: Code | undefined;
  readonly refresh: Token | undefined;
  readonly device: Device | undefined;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

function exchange(world: World, network: Network, form: URLSearchParams, presented: Presented): Decision {
  const isImplied = isPlayed(world.provider, 'looseRequests') && form.has('code');
  const grantType = form.get('grant_type') ?? (isImplied ? 'authorization_code' : null);
  switch (grantType) {
    case 'authorization_code':
      return exchangeCode(world, network, form, presented);
    case 'refresh_token':
      return renew(world, network, form, presented);
    case DEVICE_GRANT:
      if (world.provider.endpoints.deviceCode === undefined) return refuse(world, network, 'grant_unsupported');
      return askForDevice(world, network, form, presented);
    case null:
      return refuse(world, network, 'parameter_missing', 'grant_type');
    default:
      return refuse(world, network, 'grant_unsupported', 'grant_type');
  }
}

/** An error as this provider words it. */
export function refuse(world: World, network: Network, problem: TokenProblem, parameter = ''): Decision {
  const { status, ...words } = network.tokenError(problem, world.state.settings, parameter);
  const played = QUIRKS.errorsArriveAs200[sideOf(world.provider, 'errorsArriveAs200')](status);
  return justReply(jsonReply(played, errorBody(world, words)));
}

/** RFC 6749, section 5.2, or the provider's own shape. */
export function errorBody({ provider }: World, words: Omit<ErrorAnswer, 'status'>): object {
  return QUIRKS.errorsInObject[sideOf(provider, 'errorsInObject')](words);
}

/** Asks whether the user has typed the code and agreed. Whoever asks too often is told, and must ask less often from then on. */
function askForDevice(
  world: World,
  network: Network,
  form: URLSearchParams,
  { clientId, device }: Presented,
): Decision {
  if (!form.has('device_code')) return refuse(world, network, 'parameter_missing', 'device_code');
  if (device === undefined || device.clientId !== clientId || device.spentAtMs !== undefined)
    return refuse(world, network, 'device_code_unknown');
  if (world.nowMs >= device.expiresAtMs) return refuse(world, network, 'device_code_over');
  const isTooSoon = device.askedAtMs !== undefined && world.nowMs < device.askedAtMs + device.intervalMs;
  const intervalMs = isTooSoon ? device.intervalMs + SLOWER_BY_MS : device.intervalMs;
  const asked: SimEvent = { kind: 'device_asked', hash: device.hash, atMs: world.nowMs, intervalMs };
  if (isTooSoon) return slowDown(world, network, asked);
  const { decision } = device;
  if (decision === undefined) return { ...refuse(world, network, 'device_pending'), events: [asked] };
  if (decision.kind === 'denied') return { ...refuse(world, network, 'device_denied'), events: [asked] };
  const consent = {
    clientId,
    userId: decision.userId,
    scopes: device.scopes,
    atMs: world.nowMs,
    flow: 'device',
  } as const;
  return open(world, network, consent, [asked, { kind: 'device_spent', hash: device.hash, atMs: world.nowMs }]);
}

const SLOWER_BY_MS = 5 * SECOND_MS;

function slowDown(world: World, network: Network, asked: Extract<SimEvent, { kind: 'device_asked' }>): Decision {
  const { reply } = refuse(world, network, 'device_asked_too_often');
  const body = JSON.parse(reply.body) as Record<string, unknown>;
  return {
    events: [asked],
    reply: { ...reply, body: JSON.stringify({ ...body, interval: asked.intervalMs / SECOND_MS }) },
  };
}

/** A refused exchange leaves the code as it is: whether a wrong verifier spends it is not known of any provider here. */
function exchangeCode(world: World, network: Network, form: URLSearchParams, { clientId, code }: Presented): Decision {
  const isLoose = isPlayed(world.provider, 'looseRequests');
  for (const name of ['code', 'redirect_uri'] as const) {
    if (!form.has(name) && !(isLoose && name === 'redirect_uri'))
      return refuse(world, network, 'parameter_missing', name);
  }
  const isLate = code !== undefined && world.nowMs >= code.issuedAtMs + world.provider.codeLifetimeMs;
  if (code === undefined || isLate || code.spentAtMs !== undefined || code.request.clientId !== clientId) {
    const refused = refuse(world, network, 'code_refused');
    return code?.spentAtMs === undefined ? refused : { ...refused, events: [{ kind: 'code_replayed' }] };
  }
  const redirectUri = form.get('redirect_uri') ?? (isLoose ? code.request.redirectUri : null);
  if (redirectUri !== code.request.redirectUri || redirectUri === null)
    return refuse(world, network, 'redirect_uri_differs');
  if (!isVerified(code, form.get('code_verifier'))) return refuse(world, network, 'verifier_differs');

  const { userId, request, issuedAtMs } = code;
  const consent = {
    clientId,
    userId,
    scopes: request.scopes,
    atMs: issuedAtMs,
    flow: undefined,
    redirectUri,
    isOnline: isOnline(world, request),
  };
  return open(world, network, consent, [{ kind: 'code_spent', hash: code.hash, atMs: world.nowMs }]);
}

interface GivenConsent {
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly atMs: number;
  readonly flow: Grant['flow'];
  readonly redirectUri?: string;
  readonly isOnline?: boolean;
}

function isOnline({ state }: World, request: Code['request']): boolean {
  return request.isOnline === true || state.settings.withholdRefresh;
}

/** A consent becomes a grant with its first token set. */
function open(
  world: World,
  network: Network,
  { atMs, flow, redirectUri, isOnline, ...consent }: GivenConsent,
  before: readonly SimEvent[],
): Decision {
  const grant: Grant = {
    id: newName('grant', world.random),
    ...consent,
    ...(flow === undefined ? {} : { flow }),
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(isOnline === true ? { isOnline } : {}),
    consentedAtMs: atMs,
    renewals: 0,
    tokenHashes: [],
    end: undefined,
  };
  const events = [...before, ...makeRoom(world, grant), { kind: 'grant_opened', grant } as const];
  return issue(world, network, grant, { before: events, parent: undefined });
}

/**
 * Where the provider keeps one grant a user and app, the new one ends the refresh tokens of those before; where it keeps
 * a number of them, the one that is too many ends the oldest.
 */
function makeRoom(world: World, grant: Grant): readonly SimEvent[] {
  const { nowMs } = world;
  const { grantsPerUserMax } = world.state.settings;
  const others = [...world.state.grants.values()].filter(
    (other) => other.end === undefined && other.clientId === grant.clientId && other.userId === grant.userId,
  );
  if (world.provider.grantsPerSubject === 'one') {
    return others.map(({ id }) => ({
      kind: 'grant_ended',
      grantId: id,
      reason: 'superseded',
      access: 'lives',
      atMs: nowMs,
    }));
  }
  const tooMany = grantsPerUserMax === null ? 0 : Math.max(0, others.length + 1 - grantsPerUserMax);
  return others
    .slice(0, tooMany)
    .map(({ id }) => ({ kind: 'grant_ended', grantId: id, reason: 'one_too_many', access: 'ends', atMs: nowMs }));
}

/** RFC 7636, section 4.6. */
function isVerified(code: Code, verifier: string | null): boolean {
  const { challenge } = code.request;
  if (challenge === undefined) return true;
  if (verifier === null) return false;
  const made = challenge.method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url');
  return made === challenge.value;
}

function presentedRefresh(world: World, form: URLSearchParams): Token | undefined {
  const token = world.state.tokens.get(hashOf(form.get('refresh_token') ?? ''));
  return token?.kind === 'refresh' ? token : undefined;
}

function grantOf(world: World, token: Token | undefined): Grant | undefined {
  return token === undefined ? undefined : world.state.grants.get(token.grantId);
}

function renew(world: World, network: Network, form: URLSearchParams, { clientId, refresh }: Presented): Decision {
  if (!form.has('refresh_token')) return refuse(world, network, 'parameter_missing', 'refresh_token');
  const grant = grantOf(world, refresh);
  if (refresh === undefined || grant === undefined || grant.clientId !== clientId)
    return refuse(world, network, 'refresh_token_refused');
  if (refresh.spentAtMs !== undefined) return reuse(world, network, refresh, grant);
  if (!isAlive(refresh, world.nowMs)) return refuse(world, network, 'refresh_token_refused');
  if (isPlayed(world.provider, 'callbackAtRenewal') && namesAnother(form.get('redirect_uri'), grant.redirectUri))
    return refuse(world, network, 'redirect_uri_differs');
  // Where a new one comes only sometimes, the old one stays until it does.
  const isSpent = world.provider.refresh.rotation === 'single-use' && answeredRefresh(world, grant) === 'new';
  const { hash } = refresh;
  const used: SimEvent = isSpent
    ? { kind: 'token_spent', hash, atMs: world.nowMs }
    : { kind: 'token_kept', hash, expiresAtMs: refreshEndMs(world, grant.consentedAtMs) };
  return issue(world, network, grant, {
    before: [used],
    parent: refresh,
    presented: form.get('refresh_token') ?? undefined,
  });
}

/** GitLab documents that the callback is sent and compared; its library asks for none. A device's grant has none to name. */
function namesAnother(named: string | null, redirectUri: string | undefined): boolean {
  return named !== null && redirectUri !== undefined && named !== redirectUri;
}

/** A spent refresh token again: good inside the provider's window, otherwise refused, and with the switch on, fatal. */
function reuse(world: World, network: Network, refresh: Token, grant: Grant): Decision {
  const seen: SimEvent = { kind: 'token_reused', hash: refresh.hash };
  const { reuseGraceMs, graceForksFamily } = world.provider.refresh;
  const isInGrace =
    refresh.spentAtMs !== undefined &&
    world.nowMs < refresh.spentAtMs + reuseGraceMs &&
    refresh.revokedAtMs === undefined;
  if (isInGrace) {
    const before = [seen, ...(graceForksFamily ? [] : revokeChildren(world, grant, refresh))];
    return issue(world, network, grant, { before, parent: refresh });
  }
  const refused = refuse(world, network, 'refresh_token_refused');
  if (!world.state.settings.familyKill || grant.end !== undefined) return { ...refused, events: [seen] };
  return {
    ...refused,
    events: [seen, { kind: 'grant_ended', grantId: grant.id, reason: 'reuse', access: 'ends', atMs: world.nowMs }],
  };
}

function revokeChildren(world: World, grant: Grant, parent: Token): readonly SimEvent[] {
  return grant.tokenHashes
    .filter((hash) => world.state.tokens.get(hash)?.parentId === parent.id)
    .map((hash) => ({ kind: 'token_revoked', hash, atMs: world.nowMs }));
}
