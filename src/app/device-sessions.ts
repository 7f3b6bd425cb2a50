import { beginDevice, pollDevices, shownCode, type ShownCode } from '../connect/device.ts';
import type { Caller } from './api-keys.ts';
import { connectProgress, type ConnectProgress } from './connect-progress.ts';
import { connectionAgain, findConsent, type ConnectRequest } from './connecting.ts';
import { checkName, findApp } from './connections.ts';
import type { App } from './open.ts';

export type DeviceRequest = Omit<ConnectRequest, 'returnUrl' | 'explain'>;

/** A consent by the device flow: how far it is, and what its user is shown while he has to type. */
export interface DeviceSession extends ConnectProgress {
  readonly code: ShownCode | undefined;
  readonly expiresAtMs: number;
}

/** Asks the provider for a code to show to a user. Throws `not_found`, `invalid`, `misconfigured`, `unavailable`. */
export async function beginDeviceSession(request: DeviceRequest, app: App): Promise<DeviceSession> {
  const provider = findApp(request.provider, app);
  const connection = await connectionAgain(request, app);
  if (request.name !== undefined) checkName(request.name);
  const { consent, code } = await beginDevice(
    {
      app: provider,
      owner: connection?.owner ?? request.owner ?? '',
      scopes: { chosen: request.scopes ?? connection?.scopes ?? [], offline: request.offline ?? true },
      name: request.name,
      connectionId: connection?.id,
    },
    app.connect,
  );
  return {
    id: consent.id,
    state: consent.state,
    failure: undefined,
    detail: undefined,
    connection: undefined,
    code,
    expiresAtMs: consent.expiresAtMs,
  };
}

/** Throws `not_found`, `forbidden`. */
export async function deviceSession(id: string, caller: Caller, app: App): Promise<DeviceSession> {
  const progress = await connectProgress(id, caller, app);
  const consent = await findConsent(id, app);
  const code = progress.state === 'waiting' ? shownCode(consent, app.connect) : undefined;
  return { ...progress, code, expiresAtMs: consent.expiresAtMs };
}

/**
 * Asks the providers whether the users of waiting devices have decided, each once an interval whoever asks. The worker
 * does this by itself; this is also for a process that has none.
 */
export async function pollDeviceSessions({ connect, log }: App): Promise<void> {
  await pollDevices(connect, (consent, error) => {
    log.error({ err: error, consent }, 'this device could not be asked for');
  });
}
