import { MINUTE_MS, SECOND_MS } from '../../model/clock.ts';
import type { Random } from '../../model/random.ts';
import type { SimEvent } from '../events.ts';
import { hashOf, isHandle, newDeviceCodeText, userOf } from '../names.ts';
import type { Network } from '../networks/network.ts';
import { problemPage } from '../pages/consent-page.ts';
import { deviceDonePage, devicePage } from '../pages/device-page.ts';
import type { Device } from '../state.ts';
import { formOf, jsonReply, queryOf, type SimRequest } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import { placeOf } from './addresses.ts';
import { parameter, scopesOf } from './authorization-request.ts';
import { checkClient } from './client-check.ts';
import { errorBody, refuse } from './refusal.ts';
import { asAskedFor, parametersOf } from './token-wire.ts';

const DEVICE_LIFE_MS = 15 * MINUTE_MS;
const INTERVAL_MS = 5 * SECOND_MS;
/** Letters that make no words and that nobody mistakes (RFC 8628, section 6.1). */
const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';

/** `POST` to the device endpoint (RFC 8628, section 3.1): a code for the device, and one for its user to type. */
export function answerDeviceCode(world: World, network: Network, request: SimRequest): Decision {
  const decision = begin(world, network, request);
  return { ...decision, reply: asAskedFor(world, request, decision.reply) };
}

function begin(world: World, network: Network, request: SimRequest): Decision {
  const form = parametersOf(world, request);
  const client = checkClient(world, request, form, { ownerOfGrant: undefined, isOfDevice: true });
  if (client.kind === 'refused') return refuse(world, network, client.problem, client.parameter);
  if (!world.state.settings.deviceFlow) return disabled(world, network);
  const text = newDeviceCodeText(world.random);
  const device: Device = {
    hash: hashOf(text),
    userCode: newUserCode(world.random),
    clientId: client.clientId,
    scopes: scopesOf(world, form),
    audience: parameter(world, 'audience', form),
    issuedAtMs: world.nowMs,
    expiresAtMs: world.nowMs + DEVICE_LIFE_MS,
    intervalMs: INTERVAL_MS,
    askedAtMs: undefined,
    decision: undefined,
    spentAtMs: undefined,
  };
  return {
    events: [...client.events, { kind: 'device_begun', device }],
    reply: jsonReply(200, {
      device_code: text,
      user_code: device.userCode,
      verification_uri: pageAddress(world),
      ...completeUri(world, network, device),
      expires_in: DEVICE_LIFE_MS / SECOND_MS,
      interval: INTERVAL_MS / SECOND_MS,
    }),
  };
}

function completeUri(world: World, { device: manners }: Network, { userCode }: Device): object {
  if (manners?.hasCompleteUri !== true) return {};
  return { verification_uri_complete: `${pageAddress(world)}?user_code=${userCode}` };
}

/** Where this simulator is reached; without a socket, where the provider is. */
function pageAddress({ provider, origin }: World): string {
  return placeOf(provider.endpoints.devicePage ?? provider.endpoints.authorization, origin);
}

/** Seen with a status of its own, where the provider's other errors come with 200. */
function disabled(world: World, network: Network): Decision {
  const { settings } = world.state;
  const { status: _, ...words } = network.tokenError('device_flow_disabled', settings, '');
  return justReply(jsonReply(settings.deviceFlowDisabledStatus, errorBody(world, words)));
}

/** As in `WDJB-MJHT`. */
function newUserCode(random: Random): string {
  const letters = Array.from(random.bytes(8), (byte) => USER_CODE_ALPHABET[byte % USER_CODE_ALPHABET.length]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** `GET` of the page on which a user types his code. */
export function answerDevicePage(world: World, request: SimRequest): Decision {
  return justReply(devicePage(world, queryOf(request.url).get('user_code') ?? ''));
}

/** The page's form: `user_code`, `user` or `handle`, and `decision`. Whoever has the code may decide, as at the provider. */
export function answerDeviceForm(world: World, request: SimRequest): Decision {
  const form = formOf(request) ?? new URLSearchParams();
  const typed = (form.get('handle') ?? '').trim().replace(/^@/, '');
  const handle = typed === '' ? (form.get('user') ?? '') : typed;
  const isAllowed = form.get('decision') === 'allow';
  if (isAllowed && !isHandle(handle)) {
    return justReply(
      problemPage(world, 'A handle has 1 to 15 letters, digits or underscores. Go back and choose another.'),
    );
  }
  const decided = decideDevice(world, form.get('user_code') ?? '', { handle, isAllowed });
  if (decided === undefined) {
    return justReply(
      problemPage(world, 'No device waits with this code: it was typed before, is over, or is another one.'),
    );
  }
  return { events: decided, reply: deviceDonePage(world, isAllowed) };
}

/** What becomes of a device's question. `undefined`: no device waits with this code; one that was decided is decided. */
export function decideDevice(
  world: World,
  userCode: string,
  { handle, isAllowed }: { readonly handle: string; readonly isAllowed: boolean },
): readonly SimEvent[] | undefined {
  const wanted = plain(userCode);
  const device = [...world.state.devices.values()].find(
    (one) => plain(one.userCode) === wanted && one.decision === undefined && world.nowMs < one.expiresAtMs,
  );
  if (device === undefined) return undefined;
  if (!isAllowed) return [{ kind: 'device_decided', hash: device.hash, decision: { kind: 'denied' } }];
  const user = userOf(handle);
  const isNew = !world.state.users.has(user.id);
  return [
    ...(isNew ? [{ kind: 'user_met', user } as const] : []),
    { kind: 'device_decided', hash: device.hash, decision: { kind: 'allowed', userId: user.id } },
  ];
}

/** Users type what they see: small letters, spaces, no dash (RFC 8628, section 6.1). */
function plain(userCode: string): string {
  return userCode.toUpperCase().replaceAll(/[^A-Z]/g, '');
}
