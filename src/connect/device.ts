import { assertNever } from '../model/assert-never.ts';
import { SECOND_MS } from '../model/clock.ts';
import type { Consent } from '../model/consent-store.ts';
import { KippuError } from '../model/errors.ts';
import type { ConsentId } from '../model/ids.ts';
import { randomText } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import {
  deviceCodeRequest,
  devicePollRequest,
  readDeviceAnswer,
  readDevicePoll,
  type DeviceCode,
} from '../protocol/device-flow.ts';
import { newProofKey } from '../protocol/dpop.ts';
import { sendAsClient } from '../protocol/signed-request.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { consentBinding, newConsent, type ConsentWish } from './begin.ts';
import { fail } from './ending.ts';
import { keepPending, settleKept } from './finish.ts';
import { putDown } from './put-down.ts';
import type { ConnectPorts } from './ports.ts';

/** Longer than a question can take: whoever dies while he asks has delayed the next one by this. */
const TURN_MS = 40 * SECOND_MS;
const BATCH = 20;

export type DeviceWish = Omit<ConsentWish, 'redirectUri' | 'returnUrl'>;

/** What a user is shown. */
export type ShownCode = Pick<DeviceCode, 'userCode' | 'verificationUri' | 'verificationUriComplete' | 'intervalMs'>;

/**
 * Begins a consent without a browser here (RFC 8628): the provider gives a code, which the user types on another device.
 * The device code is sealed and durable before anybody is shown the other one, so that a crash loses nothing.
 *
 * Throws `invalid` where the provider has no device flow, `misconfigured`, `unavailable`.
 */
export async function beginDevice(
  wish: DeviceWish,
  ports: ConnectPorts,
): Promise<{ readonly consent: Consent; readonly code: ShownCode }> {
  const { app } = wish;
  const begun = newConsent({ ...wish, redirectUri: '', returnUrl: undefined }, ports);
  const request = deviceCodeRequest(app, begun.scopes);
  if (request === undefined) {
    throw new KippuError(
      'invalid',
      `${app.provider.name} has no device flow. Connect in a browser instead: leave --device out.`,
      { where: '/provider' },
    );
  }
  const answer = readDeviceAnswer(
    await sendAsClient(request, { app, proofKey: undefined }, ports),
    app,
    ports.clock.nowMs(),
  );
  if (answer.kind !== 'begun') throw refusal(answer, app);
  const { dpop } = app.provider;
  const proofKey = dpop === undefined ? undefined : await newProofKey(dpop);
  const nowMs = ports.clock.nowMs();
  const consent: Consent = {
    ...begun,
    ...sealedCode(begun, { ...answer, proofKey }, ports),
    state: 'waiting',
    expiresAtMs: nowMs + answer.lifetimeMs,
    askAfterMs: nowMs + answer.intervalMs,
  };
  await ports.consents.create(consent);
  return { consent, code: answer };
}

function refusal(
  { kind, error }: { readonly kind: 'misconfigured' | 'unavailable'; readonly error: string },
  { provider }: ProviderApp,
): KippuError {
  return kind === 'unavailable'
    ? new KippuError('unavailable', `${provider.name} gives no device code now: ${error}. Try again.`)
    : new KippuError(
        'misconfigured',
        `${provider.name} gives this app no device code: ${error}. Look at the app's settings there: its client id, and whether the device flow is switched on.`,
      );
}

/** What the user of a waiting consent is shown. `undefined`: it waits no more. */
export function shownCode(consent: Consent, ports: Pick<ConnectPorts, 'vault'>): ShownCode | undefined {
  return consent.state === 'waiting' ? openCode(consent, ports) : undefined;
}

/**
 * Asks for every device whose turn it is. One that cannot be asked for never stops the others: it is reported. Gives how
 * many came to an end.
 */
export async function pollDevices(
  ports: ConnectPorts,
  report: (id: ConsentId, error: unknown) => void,
): Promise<number> {
  const turn = { againAtMs: ports.clock.nowMs() + TURN_MS, limit: BATCH };
  const ended = await Promise.all(
    (await ports.consents.takeWaiting(turn)).map(async (consent) => {
      try {
        return await pollDevice(consent, ports);
      } catch (error) {
        report(consent.id, error);
        return false;
      }
    }),
  );
  return ended.filter(Boolean).length;
}

/** `true`: the user has decided, or it is over. */
async function pollDevice(consent: Consent, ports: ConnectPorts): Promise<boolean> {
  const app = ports.apps.get(consent.providerAppId);
  if (app === undefined) return false;
  const code = openCode(consent, ports);
  const sentAtMs = ports.clock.nowMs();
  const signer = { app, proofKey: code.proofKey };
  const answer = await sendAsClient(devicePollRequest(app, code.deviceCode), signer, ports);
  ports.faults.reach('consent.answered');
  const poll = readDevicePoll(answer, app, { intervalMs: code.intervalMs, nowMs: sentAtMs });
  switch (poll.kind) {
    case 'waiting':
      await askLater(consent, { ...code, intervalMs: poll.intervalMs }, ports);
      return false;
    case 'granted':
      await settleKept(
        await keepPending(consent, 'waiting', { ...poll.tokens, proofKey: code.proofKey }, ports),
        ports,
      );
      return true;
    case 'denied':
      await fail(consent, { failure: 'denied', detail: `the consent was denied at ${app.provider.name}` }, ports);
      return true;
    case 'expired':
      await fail(consent, { failure: 'expired', detail: 'nobody typed the code in time' }, ports);
      return true;
    case 'refused':
      // Auth0 says once that a code is over, and that it never heard of it from then on: the first answer may have been lost.
      if (sentAtMs >= consent.expiresAtMs) {
        await fail(consent, { failure: 'expired', detail: 'nobody typed the code in time' }, ports);
        return true;
      }
      await fail(consent, { failure: 'provider_refused', detail: poll.error }, ports);
      return true;
    case 'misconfigured':
      await fail(consent, { failure: 'misconfigured', detail: poll.error }, ports);
      return true;
    case 'unusable':
      await putDown(consent, { app, ...poll }, ports);
      return true;
    default:
      return assertNever(poll);
  }
}

/** The interval counts from the answer, not from the question: then no delay on the way makes two of them too close. */
async function askLater(consent: Consent, code: WaitingCode, ports: ConnectPorts): Promise<void> {
  await ports.consents.advance(consent.id, 'waiting', {
    ...sealedCode(consent, code, ports),
    askAfterMs: ports.clock.nowMs() + code.intervalMs,
  });
}

interface WaitingCode extends Omit<DeviceCode, 'lifetimeMs'> {
  /** The key that the tokens will be bound to (RFC 9449). */
  readonly proofKey: Secret | undefined;
}

function sealedCode(
  consent: Consent,
  code: WaitingCode,
  { vault, random }: ConnectPorts,
): Pick<Consent, 'sealed' | 'generation'> {
  const generation = randomText(random, 12);
  const text = JSON.stringify({
    device_code: code.deviceCode.reveal(),
    user_code: code.userCode,
    verification_uri: code.verificationUri,
    verification_uri_complete: code.verificationUriComplete,
    interval_ms: code.intervalMs,
    dpop_key: code.proofKey?.reveal(),
  });
  return { sealed: vault.seal(consentBinding(consent, generation), new Secret(text)), generation };
}

function openCode(consent: Consent, { vault }: Pick<ConnectPorts, 'vault'>): WaitingCode {
  const { sealed, generation } = consent;
  if (sealed === undefined || generation === undefined) throw new TypeError('A waiting consent holds no device code.');
  // Written by us, and authenticated by the vault.
  const kept = JSON.parse(vault.open(consentBinding(consent, generation), sealed).reveal()) as Record<string, unknown>;
  const complete = kept['verification_uri_complete'];
  const proofKey = kept['dpop_key'];
  return {
    deviceCode: new Secret(String(kept['device_code'])),
    userCode: String(kept['user_code']),
    verificationUri: String(kept['verification_uri']),
    verificationUriComplete: typeof complete === 'string' ? complete : undefined,
    intervalMs: Number(kept['interval_ms']),
    proofKey: typeof proofKey === 'string' ? new Secret(proofKey) : undefined,
  };
}
