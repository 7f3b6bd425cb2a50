import { setTimeout as sleep } from 'node:timers/promises';
import { KippuError } from '../../model/errors.ts';
import { connectionPath } from '../api/client.ts';
import type { ConnectionJson, DeviceSessionJson } from '../api/json.ts';
import type { ApiContext, Local } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { printable } from '../printable.ts';
import { drawQrCode } from '../qr-drawing.ts';
import { DEVICE_TEXTS } from '../texts/device-texts.ts';
import { spanText } from '../times.ts';

export interface DeviceFlags {
  readonly name?: string;
  readonly scope?: readonly string[];
  readonly offline: boolean;
  readonly connection?: string;
}

/** Shows a code, and waits until its user has typed it on another device. Throws `consent_failed` with the reason in words. */
export async function connectDevice(
  provider: string,
  flags: DeviceFlags,
  context: ApiContext,
  cli: Cli,
): Promise<ConnectionJson> {
  const begun = await context.api.post<DeviceSessionJson>('/v1/device-sessions', {
    provider,
    name: flags.name,
    scopes: flags.scope,
    connection: flags.connection,
    offline: flags.offline,
  });
  show(begun, cli);
  return context.api.get<ConnectionJson>(connectionPath(await connectedBy(begun, context, cli)));
}

function show(session: DeviceSessionJson, cli: Cli): void {
  const texts = DEVICE_TEXTS[cli.language];
  const page = session.verification_uri ?? '';
  const drawing = drawQrCode(session.verification_uri_complete ?? page, process.stderr, cli.environment);
  cli.say(texts.open(printable(page)));
  cli.say(texts.type(cli.talkStyle.bold(printable(session.user_code ?? ''))));
  if (drawing !== undefined) cli.say(`${texts.scan}\n\n${drawing}\n`);
  cli.say(cli.talkStyle.soft(texts.onlyYours));
  cli.say(texts.waiting(spanText(Date.parse(session.expires_at) - cli.nowMs(), cli.texts.spanUnits)));
}

const LOOK_EVERY_MS = 500;

async function connectedBy({ id }: DeviceSessionJson, context: ApiContext, cli: Cli): Promise<string> {
  const { api, interrupted, local } = context;
  let isPendingSaid = false;
  for (;;) {
    // Where no server runs, no worker asks the provider.
    if (local !== undefined) await askProvider(local);
    const { state, failure, detail, connection } = await api.get<DeviceSessionJson>(`/v1/device-sessions/${id}`);
    if (connection !== null) return connection;
    if (state === 'failed') throw await failed(failure ?? 'expired', detail, cli);
    if (state === 'pending' && !isPendingSaid) {
      cli.say(DEVICE_TEXTS[cli.language].nowAsking);
      isPendingSaid = true;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: interrupted });
  }
}

async function askProvider({ app }: Local): Promise<void> {
  const [{ pollDeviceSessions }, { settlePendingConsents }] = await Promise.all([
    import('../../app/device-sessions.ts'),
    import('../../app/pending-consents.ts'),
  ]);
  await pollDeviceSessions(app);
  await settlePendingConsents(app);
}

async function failed(
  failure: NonNullable<DeviceSessionJson['failure']>,
  detail: string | null,
  cli: Cli,
): Promise<KippuError> {
  const { failureText } = await import('../../app/web/connect-texts.ts');
  return new KippuError(
    'consent_failed',
    cli.texts.connect.failed(failureText(failure, cli.language), detail ?? undefined),
  );
}
