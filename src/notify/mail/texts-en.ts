import type { ReauthReason } from '../../model/connection.ts';
import type { PostReason } from '../../model/post.ts';
import {
  argumentOf,
  command,
  draftOf,
  isBeforePost,
  isCertain,
  isMadeUpFor,
  missedCount,
  missedSpan,
  nameOf,
  needsConsent,
  quote,
  said,
  saidInstant,
  text,
  type LetterPart,
  type MailedEvent,
  type MailTexts,
} from './letter.ts';

/** What is mailed, in English. */
export const MAILS_EN: MailTexts = {
  letters: {
    'connection.reauth_soon': (mailed, { instant }) => {
      const name = nameOf(mailed);
      const endsAtMs = saidInstant(mailed, 'refresh_expires_at');
      const end = endsAtMs === undefined ? 'soon' : `at ${instant(endsAtMs)}`;
      return {
        subject: `${name} needs a new consent ${within(mailed)}`,
        parts: [
          text(
            `The access of Kippu to ${name} ends ${end}. The provider sets this end. Only a new consent of the user of ${name} begins another one.`,
          ),
          ...(isBeforePost(mailed)
            ? [text('A post is scheduled for later than that. Without a new consent it will not go out.')]
            : []),
          text('Until then everything goes on as it is. To consent again takes a minute, and changes nothing else.'),
          ...again(mailed),
        ],
      };
    },
    'connection.reauth_required': (mailed) => ({
      subject: `${nameOf(mailed)} needs a new consent`,
      parts: [
        text(`Kippu can no longer renew its access to ${nameOf(mailed)}.`),
        text(REASONS[said(mailed, 'reason') as ReauthReason] ?? REASONS.rejected_unknown),
        ...quote(said(mailed, 'error')),
        text(
          'Nothing was deleted. Its schedules and its posts are kept; those that are due wait for the new consent until their latest time.',
        ),
        ...again(mailed),
      ],
    }),
    'connection.reuse_detected': (mailed) => ({
      subject: `${isCertain(mailed) ? 'Somebody else has used' : 'Somebody else may have used'} a token of ${nameOf(mailed)}`,
      parts: [
        text(REUSE[said(mailed, 'evidence')] ?? REUSE_OTHER),
        ...quote(said(mailed, 'error')),
        text(
          isCertain(mailed)
            ? 'A refresh token works once. So a copy of it is, or was, in other hands: a stolen backup, a copied cookie, a second installation with the same database.'
            : 'This may be theft: whoever uses a copy first gets the new tokens. It may also be harmless: the user removed the app at the provider, or another installation connected the same account with the same app, or runs on a copy of the database.',
        ),
        text(
          isCertain(mailed)
            ? 'If you cannot explain it by a copy of your own, revoke the connection, and then consent again. Revoking ends every token of this consent, also the copy.'
            : "If you cannot explain it, remove the app in the account's settings at the provider: that ends every copy. Then consent again. Until that is done nothing is published for it; its schedules and posts are kept.",
        ),
        ...revoking(mailed),
        ...again(mailed),
      ],
    }),
    'provider.misconfigured': (mailed) => ({
      subject: `${mailed.provider ?? 'A provider'} refuses your app`,
      parts: [
        text(
          mailed.event.data['held'] === true
            ? `${mailed.provider ?? 'The provider'} has rejected the refresh tokens of many connections within a minute. The app's settings are probably wrong, so Kippu has stopped all renewals of this app. No connection was ended.`
            : `${mailed.provider ?? 'The provider'} answers as if the app itself were not right: its id, its secret, or its type. Renewals wait; no connection was ended.`,
        ),
        ...quote(said(mailed, 'error')),
        text(
          'Compare client id, secret and type of the app with the developer console of the provider. A changed secret is tried at once.',
        ),
        command('More about it:', 'kippu doctor'),
        ...(mailed.event.data['held'] === true && mailed.provider !== undefined
          ? [command('When it is put right:', `kippu doctor --release ${mailed.provider}`)]
          : []),
      ],
    }),
    'post.unknown': (mailed) => ({
      subject: `Is this post of ${nameOf(mailed)} out? Please look`,
      parts: [
        text(`A post was sent, and Kippu could not find out whether ${nameOf(mailed)} has published it.`),
        ...quote(mailed.post?.text ?? ''),
        text(POSTS[said(mailed, 'reason') as PostReason] ?? ''),
        text(
          'Kippu does not send it again, so that nothing is published twice. Look at the account, and say what you find:',
        ),
        ...resolving(mailed),
      ],
    }),
    'post.failed': (mailed) => ({
      subject: `A post of ${nameOf(mailed)} was not published`,
      parts: [
        ...quote(mailed.post?.text ?? ''),
        text(POSTS[said(mailed, 'reason') as PostReason] ?? 'The network does not take it.'),
        ...quote(said(mailed, 'detail')),
        ...(needsConsent(mailed) ? again(mailed) : []),
        ...(mailed.event.postId === undefined
          ? []
          : [command('More about it:', `kippu posts show ${mailed.event.postId}`)]),
      ],
    }),
    'schedule.missed': (mailed, { instant }) => ({
      subject: `A schedule of ${nameOf(mailed)} missed ${runs(mailed)}`,
      parts: [
        text(`A schedule of ${nameOf(mailed)} missed ${runs(mailed)}${spanned(missedSpan(mailed).map(instant))}.`),
        text(MISSED[said(mailed, 'reason')] ?? 'Nothing was published at the planned time.'),
        ...quote(said(mailed, 'detail')),
        ...(isMadeUpFor(mailed)
          ? [text('One post goes out late for the latest of them, as the schedule wants it.')]
          : []),
        ...draftOf(mailed).map((id) => command('The draft:', `kippu posts show ${id}`)),
        text('The schedule goes on with its next time.'),
        command('Schedules and their next runs:', 'kippu schedule list'),
      ],
    }),
  },
  footer: (publicUrl, eventId) =>
    `Sent by Kippu at ${publicUrl}, because its operator named this address in KIPPU_MAIL_TO. Event ${eventId}.`,
};

const REASONS: Readonly<Record<ReauthReason, string>> = {
  rejected_unknown:
    'The provider rejected the refresh token and does not say why. Often the user has removed the app, or changed the password.',
  expired: 'The provider says that the consent has expired.',
  revoked_by_provider: 'The provider says that the consent was revoked, or that the account is gone.',
  interaction_required:
    'The provider asks for something that only its user can do, such as a second factor at the sign-in.',
  user_blocked:
    'The provider says that the user is blocked. An administrator there must lift that before a new consent works.',
  superseded: 'The same account was connected once more with the same app, which ended this consent.',
  answer_lost:
    'A renewal was sent and its answer was lost on the way. The old refresh token is spent, and the new one was in that answer.',
  no_refresh_token:
    'The consent brought no refresh token, so it ended with its access token. Ask for the permission to stay connected (at X: offline.access).',
  key_over: 'The date until which the API key is good is past.',
};

const REUSE: Readonly<Record<string, string>> = {
  spent_token_presented: 'Somebody presented a refresh token that was already used up and replaced.',
  unpresented_token_rejected:
    'The provider rejected a refresh token that was good, and that Kippu had never presented to anybody.',
};
const REUSE_OTHER = 'A refresh token of this connection was seen where it should not be.';

const POSTS: Readonly<Record<PostReason, string>> = {
  unreachable: 'The network could not be reached.',
  withdrawn: 'The sending process was held up, and sent nothing.',
  unauthorized: 'The network refused the access token.',
  rate_limited: "The network's rate limit was used up.",
  credits_depleted: 'The account at the network has no credits left. Top it up in the developer console.',
  reauth_required: 'The account needed a new consent, and none came in time.',
  revoked: 'The connection was revoked here.',
  refused:
    'The provider refuses even a fresh access token. Look at the app and its permissions in the developer console.',
  misconfigured: 'The provider refuses the app. Check its client id and secret.',
  unavailable: 'The provider had no token for us.',
  uncertain: 'A renewal of the token was still unanswered.',
  unanswered: 'No readable answer came.',
  interrupted: 'The process that was sending it ended.',
  duplicate_refused: 'The network called a second try a duplicate, so the first is probably out.',
  remote_id_taken: 'What was taken for this post turned out to be another one.',
  not_on_timeline: 'The timeline of the account does not show it.',
  timeline_unreadable: 'The timeline of the account could not be read for a day.',
  duplicate_content: 'The network refuses the text because the account has published the same recently.',
  reply_not_allowed: 'The author of that post has not mentioned or quoted the account, so apps may not reply to it.',
  not_permitted: 'The network does not permit this. Look at the account and at the permissions of the app.',
  unsupported_authentication: 'The token is not a user token. Connect the account itself.',
  client_not_enrolled: 'The app is not enrolled at the network. Attach it to a project in the developer console.',
  usage_capped: "The month's quota at the network is used up.",
  invalid_post: 'The network refuses the post as malformed.',
  refused_by_network: 'The network refuses the post.',
  too_late: 'Its latest time passed before it could be published. Publish it now if it is still wanted.',
  not_published: 'A person looked, and it is not on the network.',
  no_connection: 'There is no connection that posts can go to.',
};

function again(mailed: MailedEvent): readonly LetterPart[] {
  const { reconnectUrl, provider } = mailed;
  const connection = argumentOf(mailed);
  if (reconnectUrl === undefined) return [];
  const link: LetterPart = {
    kind: 'link',
    label: 'Consent again here, signed in at the provider as that account:',
    url: reconnectUrl,
  };
  if (connection === undefined || provider === undefined) return [link];
  return [link, command('Or on the command line:', `kippu connect ${provider} --connection ${connection}`)];
}

function revoking(mailed: MailedEvent): readonly LetterPart[] {
  const connection = argumentOf(mailed);
  return connection === undefined ? [] : [command('Revoke:', `kippu revoke ${connection}`)];
}

function resolving({ event: { postId } }: MailedEvent): readonly LetterPart[] {
  if (postId === undefined) return [];
  return [
    command('It is there:', `kippu posts resolve ${postId} --published ID_OF_THE_POST`),
    command('It is not there:', `kippu posts resolve ${postId} --not-published`),
  ];
}

const MISSED: Readonly<Record<string, string>> = {
  nobody_there: 'Kippu was not running then, or came too late for it.',
  restored: 'Kippu was restored from a copy, and the original may have published it. Look at the account.',
  no_text: 'No text could be had for it, so nothing was published.',
  text_not_publishable: 'Its text cannot be published as it is. It is kept as a draft: change it and publish it.',
};

function runs(mailed: MailedEvent): string {
  const { count, isCounted } = missedCount(mailed);
  if (count === 1 && isCounted) return 'a run';
  return isCounted ? `${count} runs` : `more than ${count} runs`;
}

function spanned([first, last]: readonly string[]): string {
  if (first === undefined) return '';
  return last === undefined ? ` (${first})` : ` (${first} to ${last})`;
}

function within(mailed: MailedEvent): string {
  const days = said(mailed, 'days_before');
  if (days === '') return 'soon';
  return days === '1' ? 'within a day' : `within ${days} days`;
}
