import type { Clock } from '../../model/clock.ts';
import type { Delivery } from '../../model/notice.ts';
import type { Store } from '../../model/store.ts';
import type { Config } from '../config.ts';
import { mailPorts } from '../mail.ts';
import type { Finding } from './finding.ts';

/** Signs in to the mail server, and sends nothing. */
export async function checkMail({ mail }: Config, clock: Clock): Promise<Finding> {
  if (mail === undefined) return { kind: 'mail_off', level: 'ok' };
  const error = await mailPorts(mail, clock).transport.verify();
  if (error !== undefined) return { kind: 'mail_unusable', level: 'problem', error };
  const { server, recipients } = mail;
  return { kind: 'mail_good', level: 'ok', server: `${server.host}:${server.port}`, recipients };
}

/** What did not arrive, and webhooks that get nothing. */
export async function checkNotices({ notices }: Store, { mail }: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, url, disabled } of await notices.webhooks()) {
    const { origin } = new URL(url);
    const failing = disabled === undefined ? await failingTo(id, notices) : undefined;
    if (disabled !== undefined)
      findings.push({ kind: 'webhook_disabled', level: 'warning', id, origin, because: disabled.because });
    else if (failing !== undefined)
      findings.push({ kind: 'webhook_failing', level: 'warning', id, origin, ...failing });
    else findings.push({ kind: 'webhook_good', level: 'ok', id, origin });
  }
  for (const recipient of mail?.recipients ?? []) {
    const failing = await failingTo(recipient, notices);
    if (failing !== undefined) findings.push({ kind: 'mails_failing', level: 'warning', recipient, ...failing });
  }
  return findings;
}

/** How many are looked at: more of them say nothing new. */
const LOOKED_AT_MAX = 100;

/** What has failed, or is being tried again. An arrival since then makes what failed before it history. */
async function failingTo(
  destination: string,
  notices: Store['notices'],
): Promise<{ readonly count: number; readonly error: string } | undefined> {
  const latest = await notices.deliveries({ destination, limit: LOOKED_AT_MAX });
  const arrived = latest.findIndex(({ state }) => state === 'delivered');
  const failing = (arrived === -1 ? latest : latest.slice(0, arrived)).filter(isFailing);
  const [newest] = failing;
  return newest === undefined ? undefined : { count: failing.length, error: newest.lastError ?? '' };
}

function isFailing({ state, tries }: Delivery): boolean {
  return state === 'failed' || (state === 'pending' && tries > 0);
}
