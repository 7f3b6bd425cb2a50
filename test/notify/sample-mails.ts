import type { Connection } from '../../src/model/connection.ts';
import type { EventType, KippuEvent } from '../../src/model/event.ts';
import type { ConnectionId, EventId, PostId, ProviderAppId } from '../../src/model/ids.ts';
import type { Post } from '../../src/model/post.ts';
import type { Facts } from '../../src/notify/facts.ts';
import { composeMail } from '../../src/notify/mail/compose.ts';
import type { MailLanguage } from '../../src/notify/mail/letter.ts';
import { messageOf } from '../../src/notify/mail/smtp.ts';
import type { Mail } from '../../src/notify/mail/transport.ts';

const NOW_MS = Date.parse('2026-11-21T09:00:00Z');
const ALICE = 'con_5v0m3q8k1x7d2r9t4w6z' as ConnectionId;
const POST = 'pst_7h2j9k4m1n6p3q8r5s0t' as PostId;

/** Something of everything that is mailed, with the data that its event carries. */
const HAPPENINGS: readonly {
  readonly name: string;
  readonly type: EventType;
  readonly data: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'reauth-soon',
    type: 'connection.reauth_soon',
    data: { days_before: 7, refresh_expires_at_ms: NOW_MS + 7 * 86_400_000 },
  },
  {
    name: 'reauth-before-next-post',
    type: 'connection.reauth_soon',
    data: { days_before: 1, refresh_expires_at_ms: NOW_MS + 86_400_000, reason: 'before_next_post' },
  },
  {
    name: 'reauth-required',
    type: 'connection.reauth_required',
    data: {
      name: 'x:alice',
      reason: 'rejected_unknown',
      error: 'invalid_request: Value passed for the token was invalid.',
    },
  },
  {
    name: 'reuse-certain',
    type: 'connection.reuse_detected',
    data: { name: 'x:alice', evidence: 'spent_token_presented', seen: 'import', certainty: 'certain' },
  },
  {
    name: 'reuse-suspected',
    type: 'connection.reuse_detected',
    data: {
      name: 'x:alice',
      evidence: 'unpresented_token_rejected',
      seen: 'renewal',
      certainty: 'suspected',
      error: 'invalid_grant: token was already used',
    },
  },
  {
    name: 'provider-held',
    type: 'provider.misconfigured',
    data: { provider_app: 'app_x', held: true, rejected: 40 },
  },
  {
    name: 'provider-misconfigured',
    type: 'provider.misconfigured',
    data: {
      provider_app: 'app_x',
      held: false,
      concerns: 'app',
      error: 'unauthorized_client: Missing valid authorization header',
    },
  },
  {
    name: 'post-unknown',
    type: 'post.unknown',
    data: { reason: 'not_on_timeline', message: '…', needs_decision: true },
  },
  {
    name: 'post-failed',
    type: 'post.failed',
    data: {
      reason: 'duplicate_content',
      message: '…',
      detail: 'You are not allowed to create a Tweet with duplicate content.',
    },
  },
  {
    name: 'post-failed-consent',
    type: 'post.failed',
    data: { reason: 'reauth_required', message: '…' },
  },
  {
    name: 'schedule-missed',
    type: 'schedule.missed',
    data: {
      schedule: 'sch_1',
      reason: 'nobody_there',
      count: 3,
      is_counted: true,
      first_at_ms: NOW_MS - 3 * 86_400_000,
      last_at_ms: NOW_MS - 86_400_000,
      post: POST,
    },
  },
  {
    name: 'schedule-missed-text',
    type: 'schedule.missed',
    data: {
      schedule: 'sch_1',
      reason: 'text_not_publishable',
      detail: 'The text counts 300 of 280.',
      count: 1,
      is_counted: true,
      first_at_ms: NOW_MS,
      last_at_ms: NOW_MS,
      post: POST,
    },
  },
];

export interface SampleMail {
  readonly name: string;
  readonly mail: Mail;
}

/** All of them in one language. */
export function sampleMails(language: MailLanguage): readonly SampleMail[] {
  return HAPPENINGS.map(({ name, type, data }) => ({
    name,
    mail: composeMail(factsOf(name, type, data), 'you@example.com', {
      from: 'Kippu <kippu@example.com>',
      language,
      timeZone: 'Asia/Tokyo',
      publicUrl: 'https://kippu.example.com',
      nowMs: NOW_MS,
    }),
  }));
}

/** A mail as the file that it is: what a mail program opens. The same in every run. */
export async function emlOf({ mail, name }: SampleMail): Promise<string> {
  const { createTransport } = await import('nodemailer');
  const transporter = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const sent = await transporter.sendMail({
    ...messageOf(mail),
    ...{ baseBoundary: name },
    textEncoding: mail.language === 'ja' ? 'base64' : 'quoted-printable',
  });
  return (sent.message as Buffer).toString('utf8');
}

export function factsOf(name: string, type: EventType, data: Readonly<Record<string, unknown>>): Facts {
  const isOfProvider = type === 'provider.misconfigured';
  const isOfPost = type.startsWith('post.');
  const event: KippuEvent = {
    id: `evt_${name.replaceAll('-', '').padEnd(20, '0').slice(0, 20)}` as EventId,
    sequence: 1,
    type,
    atMs: NOW_MS,
    connectionId: isOfProvider ? undefined : ALICE,
    postId: isOfPost ? POST : undefined,
    data,
  };
  return {
    event,
    connection: isOfProvider ? undefined : connection(),
    post: isOfPost ? post() : undefined,
    provider: 'x',
  };
}

function connection(): Connection {
  return {
    id: ALICE,
    name: 'x:alice',
    provider: 'x',
    restsOn: 'consent',
    providerAppId: 'app_x' as ProviderAppId,
    owner: '',
    subject: '2244994945',
    handle: 'alice',
    state: 'active',
    stateReason: undefined,
    scopes: [],
    policy: 'on-use',
    metadata: {},
    accessExpiresAtMs: undefined,
    refreshExpiresAtMs: undefined,
    hasRefreshToken: true,
    grantedAtMs: 0,
    lastRenewedAtMs: undefined,
    renewals: 0,
    nextDueAtMs: undefined,
    createdAtMs: 0,
  };
}

function post(): Post {
  return { id: POST, connectionId: ALICE, text: 'おはようございます。Good morning & <welcome>!' } as Post;
}
