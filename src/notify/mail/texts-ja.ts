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

/** 日本語のメール。 */
export const MAILS_JA: MailTexts = {
  letters: {
    'connection.reauth_soon': (mailed, { instant }) => {
      const name = nameOf(mailed);
      const endsAtMs = saidInstant(mailed, 'refresh_expires_at');
      const end = endsAtMs === undefined ? 'まもなく' : ` ${instant(endsAtMs)} に`;
      return {
        subject: `${name} は${within(mailed)}再同意が必要です`,
        parts: [
          text(
            `Kippu の ${name} へのアクセスは${end}終わります。期限を決めているのはプロバイダーで、延ばすには本人の再同意が必要です。`,
          ),
          ...(isBeforePost(mailed)
            ? [text('それより後の時刻に、予約された投稿があります。それまでに再同意がないと、投稿されません。')]
            : []),
          text('期限まではこれまでどおり動きます。再同意は 1 分ほどで済み、ほかは何も変わりません。'),
          ...again(mailed),
        ],
      };
    },
    'connection.reauth_required': (mailed) => ({
      subject: `${nameOf(mailed)} の再同意が必要です`,
      parts: [
        text(`Kippu は ${nameOf(mailed)} へのアクセスを更新できなくなりました。`),
        text(REASONS[said(mailed, 'reason') as ReauthReason] ?? REASONS.rejected_unknown),
        ...quote(said(mailed, 'error')),
        text(
          '何も削除していません。スケジュールも投稿も残っています。時刻の来た投稿は、投稿期限まで再同意を待ちます。',
        ),
        ...again(mailed),
      ],
    }),
    'connection.reuse_detected': (mailed) => ({
      subject: `${nameOf(mailed)} のトークンが別の場所で使われ${isCertain(mailed) ? 'ました' : 'た可能性があります'}`,
      parts: [
        text(REUSE[said(mailed, 'evidence')] ?? REUSE_OTHER),
        ...quote(said(mailed, 'error')),
        text(
          isCertain(mailed)
            ? 'リフレッシュトークンは一度しか使えません。つまり、その写しを別の誰かが持っている(または持っていた)ということです。バックアップの流出、クッキーの複製、同じデータベースで動く別の Kippu などが考えられます。'
            : '盗まれた可能性があります。写しを先に使った側が、新しいトークンを手に入れるからです。一方で、ユーザーがプロバイダー側でアプリを外した場合や、同じアプリで別の場所から接続した場合、データベースの写しで別の Kippu が動いている場合など、害のない原因もありえます。',
        ),
        text(
          isCertain(mailed)
            ? 'ご自身の作った写しで説明がつかなければ、接続を取り消してから、再同意してください。取り消すと、写しを含め、この同意によるトークンはすべて使えなくなります。'
            : '心当たりがなければ、プロバイダーのアカウント設定でこのアプリを外してください。写しはすべて使えなくなります。そのうえで、再同意してください。それまで、この接続では何も公開されません。スケジュールと投稿は残ります。',
        ),
        ...revoking(mailed),
        ...again(mailed),
      ],
    }),
    'provider.misconfigured': (mailed) => ({
      subject: `${mailed.provider ?? 'プロバイダー'} がアプリを拒否しています`,
      parts: [
        text(
          mailed.event.data['held'] === true
            ? `${mailed.provider ?? 'プロバイダー'} が、1 分ほどの間に多数の接続のリフレッシュトークンを拒否しました。アプリの設定が誤っている可能性が高いため、このアプリの更新をすべて止めました。終了した接続はありません。`
            : `${mailed.provider ?? 'プロバイダー'} の応答によると、アプリそのもの(ID、シークレット、種類のいずれか)が正しくないようです。更新は待機しています。終了した接続はありません。`,
        ),
        ...quote(said(mailed, 'error')),
        text(
          'クライアント ID、シークレット、アプリの種類を、プロバイダーの開発者コンソールと見比べてください。シークレットを変えると、すぐに試します。',
        ),
        command('詳しく調べるには:', 'kippu doctor'),
        ...(mailed.event.data['held'] === true && mailed.provider !== undefined
          ? [command('直したら:', `kippu doctor --release ${mailed.provider}`)]
          : []),
      ],
    }),
    'post.unknown': (mailed) => ({
      subject: `${nameOf(mailed)} の投稿が公開されたか、確かめてください`,
      parts: [
        text(`投稿を送りましたが、${nameOf(mailed)} に公開されたかどうかを確かめられませんでした。`),
        ...quote(mailed.post?.text ?? ''),
        text(POSTS[said(mailed, 'reason') as PostReason] ?? ''),
        text('二重に投稿しないよう、Kippu は送り直しません。アカウントを見て、結果を知らせてください。'),
        ...resolving(mailed),
      ],
    }),
    'post.failed': (mailed) => ({
      subject: `${nameOf(mailed)} の投稿は公開されませんでした`,
      parts: [
        ...quote(mailed.post?.text ?? ''),
        text(POSTS[said(mailed, 'reason') as PostReason] ?? 'ネットワークが受け付けませんでした。'),
        ...quote(said(mailed, 'detail')),
        ...(needsConsent(mailed) ? again(mailed) : []),
        ...(mailed.event.postId === undefined
          ? []
          : [command('詳しく見るには:', `kippu posts show ${mailed.event.postId}`)]),
      ],
    }),
    'schedule.missed': (mailed, { instant }) => ({
      subject: `${nameOf(mailed)} のスケジュールが ${runs(mailed)}実行されませんでした`,
      parts: [
        text(
          `${nameOf(mailed)} のスケジュールが ${runs(mailed)}、決められた時刻に実行されませんでした${spanned(missedSpan(mailed).map(instant))}。`,
        ),
        text(MISSED[said(mailed, 'reason')] ?? '決められた時刻には、何も公開していません。'),
        ...quote(said(mailed, 'detail')),
        ...(isMadeUpFor(mailed) ? [text('スケジュールの設定に従い、最後の 1 回分だけを、遅れて投稿します。')] : []),
        ...draftOf(mailed).map((id) => command('下書きを見るには:', `kippu posts show ${id}`)),
        text('スケジュールは次の時刻から続きます。'),
        command('スケジュールと次の実行時刻を見るには:', 'kippu schedule list'),
      ],
    }),
  },
  footer: (publicUrl, eventId) =>
    `${publicUrl} の Kippu が送りました。管理者がこの宛先を KIPPU_MAIL_TO に設定しています。イベント ${eventId}`,
};

const REASONS: Readonly<Record<ReauthReason, string>> = {
  rejected_unknown:
    'プロバイダーがリフレッシュトークンを拒否しました。理由は示されていません。ユーザーがアプリを外したか、パスワードを変えた場合によく起こります。',
  expired: 'プロバイダーによると、同意の期限が切れました。',
  revoked_by_provider: 'プロバイダーによると、同意が取り消されたか、アカウントがなくなりました。',
  interaction_required: 'プロバイダーが、二段階認証など、本人にしかできない操作を求めています。',
  user_blocked:
    'プロバイダーによると、ユーザーが停止されています。プロバイダーの管理者が解除するまで、再同意はできません。',
  superseded: '同じアカウントが同じアプリでもう一度接続されたため、この同意は終わりました。',
  answer_lost:
    '更新を送りましたが、応答が途中で失われました。古いリフレッシュトークンは使用済みで、新しいものはその応答の中にありました。',
  no_refresh_token:
    'この同意ではリフレッシュトークンが発行されなかったため、アクセストークンとともに終わりました。接続を保つ権限(X では offline.access)を求めてください。',
  key_over: 'API キーの期限が過ぎました。',
};

const REUSE: Readonly<Record<string, string>> = {
  spent_token_presented: 'すでに使われて新しいものに替わったリフレッシュトークンを、誰かが提示しました。',
  unpresented_token_rejected:
    '有効なはずで、Kippu がまだ一度も使っていないリフレッシュトークンを、プロバイダーが拒否しました。',
};
const REUSE_OTHER = 'この接続のリフレッシュトークンが、あるはずのない場所で見つかりました。';

const POSTS: Readonly<Record<PostReason, string>> = {
  unreachable: 'ネットワークに接続できませんでした。',
  withdrawn: '送信するプロセスが止まっていたため、送信を取りやめました。',
  unauthorized: 'ネットワークがアクセストークンを拒否しました。',
  rate_limited: 'ネットワークの利用回数の上限に達していました。',
  credits_depleted: 'ネットワークのクレジットの残高がありません。開発者コンソールで補充してください。',
  reauth_required: '再同意が必要でしたが、間に合いませんでした。',
  revoked: '接続はここで取り消されています。',
  refused: '新しいアクセストークンも拒否されました。開発者コンソールで、アプリとその権限を確かめてください。',
  misconfigured: 'プロバイダーがアプリを拒否しています。クライアント ID とシークレットを確かめてください。',
  unavailable: 'プロバイダーからトークンを得られませんでした。',
  uncertain: 'トークンの更新の応答がまだありませんでした。',
  unanswered: '読み取れる応答がありませんでした。',
  interrupted: '送信していたプロセスが終了しました。',
  duplicate_refused: '二度目の送信が重複として拒否されました。おそらく一度目が公開されています。',
  remote_id_taken: 'この投稿と思われたものは、別の投稿でした。',
  not_on_timeline: 'アカウントのタイムラインには見当たりません。',
  timeline_unreadable: 'アカウントのタイムラインを丸一日読めませんでした。',
  duplicate_content: '最近同じ内容を投稿しているため、拒否されました。',
  reply_not_allowed: '相手がこのアカウントに言及も引用もしていないため、アプリからは返信できません。',
  not_permitted: '許可されていない操作です。アカウントとアプリの権限を確かめてください。',
  unsupported_authentication: 'トークンがユーザーのものではありません。アカウントそのものを接続してください。',
  client_not_enrolled: 'アプリが登録されていません。開発者コンソールでプロジェクトに加えてください。',
  usage_capped: '今月の利用枠を使い切りました。',
  invalid_post: '投稿の形式が正しくないとして拒否されました。',
  refused_by_network: 'ネットワークが投稿を拒否しました。',
  too_late: '投稿期限までに公開できませんでした。まだ必要なら、いま投稿してください。',
  not_published: '人が確かめたところ、公開されていませんでした。',
  no_connection: '投稿できる接続がありません。',
};

function again(mailed: MailedEvent): readonly LetterPart[] {
  const { reconnectUrl, provider } = mailed;
  const connection = argumentOf(mailed);
  if (reconnectUrl === undefined) return [];
  const link: LetterPart = {
    kind: 'link',
    label: 'プロバイダーにそのアカウントでログインして、ここから再同意できます:',
    url: reconnectUrl,
  };
  if (connection === undefined || provider === undefined) return [link];
  return [link, command('コマンドでも再同意できます:', `kippu connect ${provider} --connection ${connection}`)];
}

function revoking(mailed: MailedEvent): readonly LetterPart[] {
  const connection = argumentOf(mailed);
  return connection === undefined ? [] : [command('取り消すには:', `kippu revoke ${connection}`)];
}

function resolving({ event: { postId } }: MailedEvent): readonly LetterPart[] {
  if (postId === undefined) return [];
  return [
    command('公開されていた場合:', `kippu posts resolve ${postId} --published 投稿のID`),
    command('公開されていなかった場合:', `kippu posts resolve ${postId} --not-published`),
  ];
}

const MISSED: Readonly<Record<string, string>> = {
  nobody_there: 'その時刻に Kippu が動いていなかったか、間に合いませんでした。',
  restored: 'Kippu は写しから復元されました。元の Kippu が投稿した可能性があります。アカウントを確かめてください。',
  no_text: '投稿する文章を用意できなかったため、何も公開していません。',
  text_not_publishable: '文章がそのままでは公開できません。下書きとして残してあるので、直してから投稿してください。',
};

function runs(mailed: MailedEvent): string {
  const { count, isCounted } = missedCount(mailed);
  return isCounted ? `${count} 回` : `${count} 回以上`;
}

function spanned([first, last]: readonly string[]): string {
  if (first === undefined) return '';
  return last === undefined ? `(${first})` : `(${first} から ${last})`;
}

function within(mailed: MailedEvent): string {
  const days = said(mailed, 'days_before');
  return days === '' ? 'まもなく' : ` ${days} 日以内に`;
}
