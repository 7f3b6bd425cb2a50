import type { SimEvent } from '../events.ts';
import { hashOf } from '../names.ts';
import type { TokenProblem } from '../networks/network.ts';
import { isPlayed, QUIRKS, sideOf } from '../quirks.ts';
import type { MetClient } from '../state.ts';
import type { SimRequest } from '../wire.ts';
import type { World } from '../world.ts';
import { checkAssertion } from './assertion-check.ts';

export type ClientCheck =
  | { readonly kind: 'known'; readonly clientId: string; readonly events: readonly SimEvent[] }
  | { readonly kind: 'refused'; readonly problem: TokenProblem; readonly parameter: string };

/** What a request brings besides its client. */
export interface Presentation {
  /** Whose the presented code or token is: it tells what a request that names no client should have had. */
  readonly ownerOfGrant: string | undefined;
  /** Whether it belongs to the device flow, which may do without a secret. */
  readonly isOfDevice?: boolean;
}

/** Which client a request to the token, the device or the revocation endpoint comes from. */
export function checkClient(
  world: World,
  request: SimRequest,
  form: URLSearchParams,
  { ownerOfGrant, isOfDevice = false }: Presentation,
): ClientCheck {
  const header = request.headers['authorization'];
  const basic = header === undefined ? undefined : readBasic(world, header);
  const idName = clientIdNameAt(world);
  const clientId = basic?.clientId ?? form.get(idName) ?? undefined;
  if (clientId === undefined || clientId === '') return nameless(world, ownerOfGrant);

  const registered = registeredClient(world, clientId);
  if (registered === undefined) return { kind: 'refused', problem: 'client_unknown', parameter: 'client_id' };
  if (form.has('client_assertion')) return bySignature(world, request, form, registered);
  const isNamedTwice = basic !== undefined && form.has(idName) && form.get(idName) !== clientId;
  const secret = presentedSecret(world, basic?.secret, form);
  const isRightWay = (header === undefined || basic !== undefined) && isItsMethod(world, basic !== undefined, form);
  const decide = isPlayed(world.provider, 'deviceFlowWithoutSecret') ? decideWithSecrets(isOfDevice) : decideByKind;
  const decided = isRightWay && !isNamedTwice ? decide(registered, secret, form.has('client_secret')) : undefined;
  if (decided === undefined)
    return { kind: 'refused', problem: 'client_not_authenticated', parameter: 'authorization' };
  const events: SimEvent[] =
    world.clients === undefined && decided !== world.state.clients.get(clientId)
      ? [{ kind: 'client_met', client: decided }]
      : [];
  return { kind: 'known', clientId, events };
}

/** A client that signs; once met so, it has no other way. */
function bySignature(world: World, request: SimRequest, form: URLSearchParams, client: MetClient): ClientCheck {
  const mayUseKey = client.kind === 'with_key' || client.kind === 'undecided';
  const isAlone = request.headers['authorization'] === undefined && !form.has('client_secret');
  const seen = mayUseKey && isAlone ? checkAssertion(world, form, client.id) : undefined;
  if (seen === undefined)
    return { kind: 'refused', problem: 'client_not_authenticated', parameter: 'client_assertion' };
  const met: SimEvent[] =
    world.clients === undefined && client.kind === 'undecided'
      ? [{ kind: 'client_met', client: { ...client, kind: 'with_key' } }]
      : [];
  return { kind: 'known', clientId: client.id, events: [...met, ...seen] };
}

/** Where an app is set to one way of sending its secret, the other is refused. */
function isItsMethod({ state }: World, isBasic: boolean, form: URLSearchParams): boolean {
  const { clientAuthMethod } = state.settings;
  return clientAuthMethod === 'any' || (clientAuthMethod === 'basic' ? !form.has('client_secret') : !isBasic);
}

/** What the client's id is called there. */
export function clientIdNameAt({ provider }: World): string {
  return QUIRKS.clientIdIsClientKey[sideOf(provider, 'clientIdIsClientKey')];
}

/** The registration, given or met before; `undefined` when clients are given and this is none of them. */
export function registeredClient(world: World, clientId: string): MetClient | undefined {
  if (world.clients === undefined)
    return world.state.clients.get(clientId) ?? { id: clientId, kind: 'undecided', secretHash: undefined };
  const given = world.clients.get(clientId);
  if (given === undefined) return undefined;
  if (given.publicKey !== undefined) return { id: clientId, kind: 'with_key', secretHash: undefined };
  return given.secret === undefined
    ? { id: clientId, kind: 'public', secretHash: undefined }
    : { id: clientId, kind: 'confidential', secretHash: hashOf(given.secret) };
}

/** The client as it is known after this request; `undefined` when it is refused. */
type Decide = (client: MetClient, secret: string | undefined, hasBodySecret: boolean) => MetClient | undefined;

/** Where every app has a secret, and needs it for all but the device flow. The first one seen is the one it has. */
function decideWithSecrets(isOfDevice: boolean): Decide {
  return (client, secret) => {
    if (secret === undefined) return isOfDevice ? client : undefined;
    const secretHash = hashOf(secret);
    if (client.secretHash !== undefined) return client.secretHash === secretHash ? client : undefined;
    return client.kind === 'undecided' ? { ...client, kind: 'confidential', secretHash } : undefined;
  };
}

function decideByKind(client: MetClient, secret: string | undefined, hasBodySecret: boolean): MetClient | undefined {
  switch (client.kind) {
    case 'confidential':
      return secret !== undefined && hashOf(secret) === client.secretHash ? client : undefined;
    case 'with_key':
      return undefined;
    case 'public':
      return secret === undefined ? client : undefined;
    case 'undecided':
      if (secret !== undefined) return { ...client, kind: 'confidential', secretHash: hashOf(secret) };
      return hasBodySecret ? undefined : { ...client, kind: 'public' };
  }
}

function nameless(world: World, ownerOfGrant: string | undefined): ClientCheck {
  const owner = ownerOfGrant === undefined ? undefined : registeredClient(world, ownerOfGrant);
  return owner?.kind === 'confidential'
    ? { kind: 'refused', problem: 'client_not_authenticated', parameter: 'authorization' }
    : { kind: 'refused', problem: 'parameter_missing', parameter: 'client_id' };
}

function presentedSecret(world: World, basicSecret: string | undefined, form: URLSearchParams): string | undefined {
  if (basicSecret !== undefined) return basicSecret;
  return world.provider.clientAuth.confidential === 'body' ? (form.get('client_secret') ?? undefined) : undefined;
}

function readBasic(world: World, header: string): { readonly clientId: string; readonly secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  const read = QUIRKS.basicWithoutEncoding[sideOf(world.provider, 'basicWithoutEncoding')];
  return { clientId: read(text.slice(0, colon)), secret: read(text.slice(colon + 1)) };
}
