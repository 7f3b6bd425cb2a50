import { SECOND_MS } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import { OPERATOR } from '../api-keys.ts';
import { findConnection } from '../connections.ts';
import { beginDeviceSession, deviceSession, pollDeviceSessions, type DeviceSession } from '../device-sessions.ts';
import type { App } from '../open.ts';
import { settlePendingConsents } from '../pending-consents.ts';
import { connectionView, type Connection } from './connection-view.ts';
import { refuseForeignConnection, type ConsentOptions } from './consents.ts';

/**
 * What a user is shown who types a code on another device. RFC 8628.
 *
 * @example
 * ```ts
 * import type { DeviceCode, Kippu } from 'kippu';
 * export async function connectTheTelevision(kippu: Kippu, show: (code: DeviceCode) => void): Promise<void> {
 *   show(await kippu.connectDevice({ provider: 'github' }));
 * }
 * ```
 */
export interface DeviceCode {
  readonly id: string;
  /** Show it as it is, as in `WDJB-MJHT`. */
  readonly userCode: string;
  /** Where the user types it. */
  readonly verificationUri: string;
  /** The same with the code in it, for a link or a QR code, where the provider has that. */
  readonly verificationUriComplete: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /**
   * Waits until the user has decided. The provider is asked no more often than it wants, however many wait. Ending the
   * wait ends nothing else: the code stays good, and with a worker the user is connected all the same.
   *
   * Throws {@link KippuError} with `code` `consent_failed` (denied, expired, refused), and the signal's reason.
   */
  wait(options?: { readonly signal?: AbortSignal | undefined }): Promise<Connection>;
}

/** How often this process looks; when the provider is asked is decided by its interval alone. */
const LOOK_MS = SECOND_MS;

export async function connectDevice(options: ConsentOptions, app: App): Promise<DeviceCode> {
  await refuseForeignConnection(options, app);
  const { id, code, expiresAtMs } = await beginDeviceSession(options, app);
  if (code === undefined) throw new TypeError('A device session that has just begun shows no code.');
  return {
    id,
    userCode: code.userCode,
    verificationUri: code.verificationUri,
    verificationUriComplete: code.verificationUriComplete,
    expiresAt: expiresAtMs,
    wait: ({ signal } = {}) => waitForEnd(id, signal, app),
  };
}

async function waitForEnd(id: string, signal: AbortSignal | undefined, app: App): Promise<Connection> {
  const { clock } = app.options.outside;
  for (;;) {
    signal?.throwIfAborted();
    // A worker does this too, and nobody asks twice: of those who look, one gets each device's turn.
    await pollDeviceSessions(app);
    await settlePendingConsents(app);
    const session = await deviceSession(id, OPERATOR, app);
    if (session.connection !== undefined) return connectionView(await findConnection(session.connection, app));
    if (session.state === 'failed') throw notConnected(session);
    await clock.sleep(LOOK_MS, signal);
  }
}

function notConnected({ detail }: DeviceSession): KippuError {
  return new KippuError('consent_failed', `Nothing was connected: ${detail ?? 'it failed'}. Begin again.`);
}
