import type { Copied } from '../../app/copied.ts';
import type { ConnectionState, ReauthReason } from '../../model/connection.ts';
import type { PostStatus } from '../../model/post.ts';

export type Language = 'en' | 'ja';

/** What the console's pages say, all but the log (`event-texts.ts`). */
export interface Texts {
  readonly title: string;
  readonly signOut: string;
  readonly connections: string;
  readonly connect: (provider: string) => string;
  readonly connectAgain: string;
  readonly goingTo: (provider: string) => string;
  readonly goOn: string;
  readonly noConnection: string;
  readonly noConnectionHow: string;
  readonly moreConnections: string;
  readonly sandbox: string;
  readonly noProvider: string;
  readonly copied: (copied: Copied) => string;
  readonly appTrouble: (provider: string, error: string) => string;
  readonly states: Readonly<Record<ConnectionState, string>>;
  readonly reasons: Readonly<Record<ReauthReason, string>>;
  readonly uncertain: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly nextRenewal: string;
  readonly renewals: (count: number) => string;
  readonly endsWithAccess: string;
  readonly noEnd: string;
  readonly over: string;
  readonly onUse: string;
  readonly nextPosts: string;
  readonly noPost: string;
  readonly nextRuns: string;
  readonly tasks: Readonly<Record<'text' | 'list' | 'template' | 'command' | 'url' | 'function' | 'followers', string>>;
  readonly postStatuses: Readonly<Record<PostStatus, string>>;
  readonly decide: string;
  readonly log: string;
  readonly noEvent: string;
  readonly signedOut: string;
  readonly signedOutHow: string;
  readonly signedOutPrints: string;
  readonly otherAddress: (url: string) => string;
  readonly linkUsed: string;
  readonly linkUsedWhy: string;
  readonly failed: string;
  readonly back: string;
}

const en: Texts = {
  title: 'Overview',
  signOut: 'Sign out',
  connections: 'Connections',
  connect: (provider) => `Connect ${provider}`,
  connectAgain: 'Consent again',
  goingTo: (provider) => `To ${provider} …`,
  goOn: 'Go on',
  noConnection: 'Nothing is connected yet.',
  noConnectionHow: 'Connect an account: you consent at the provider, and from then on its tokens are kept alive here.',
  moreConnections: 'There are more: `kippu connections` lists them all.',
  sandbox:
    'Sandbox: the providers are simulated on this machine. Nothing here is real, and no real account is touched.',
  noProvider: 'No provider is configured. Set KIPPU_X_CLIENT_ID, for example, and start again.',
  copied: ({ kind, why }) =>
    `Nothing is renewed: ${why}. ` +
    {
      copied: 'If this one is the real one from now on, run `kippu adopt`.',
      moving: 'If `kippu migrate-store` does not run any more, give it again.',
      moved: 'Set KIPPU_DATABASE_URL to the other one, and start Kippu again.',
    }[kind],
  appTrouble: (provider, error) =>
    `${provider} refuses this app, so nothing is renewed there: ${error}. \`kippu doctor\` says what to check.`,
  states: { active: 'active', uncertain: 'uncertain', reauth_required: 'consent needed', revoked: 'revoked' },
  reasons: {
    rejected_unknown:
      "The provider no longer accepts the refresh token and does not say why: the app was used with this account elsewhere, its access was removed in the account's settings, or the token's months are over.",
    expired: 'The refresh token has expired.',
    revoked_by_provider: 'The access was removed at the provider.',
    interaction_required: 'The provider asks for something that only the user can do, such as a second factor.',
    user_blocked: 'The provider has blocked the user. An administrator there must lift that first.',
    superseded: 'A later consent of the same user replaced this one.',
    answer_lost: 'The answer to a renewal was lost, and with it the new refresh token.',
    no_refresh_token: 'The consent brought no refresh token, and the access token is over.',
    key_over: 'The date until which the API key is good is past. Import another one with `kippu import`.',
  },
  uncertain: 'A renewal was sent and not answered. Kippu finds out by itself what became of it.',
  accessToken: 'Access token ends',
  refreshToken: 'Grant ends',
  nextRenewal: 'Next renewal',
  renewals: (count) => (count === 1 ? 'renewed once' : `renewed ${count} times`),
  endsWithAccess: 'with the access token',
  noEnd: 'no end known',
  over: 'over',
  onUse: 'when it is used',
  nextPosts: 'Next posts',
  noPost: 'No post is waiting.',
  nextRuns: 'Next runs of schedules',
  tasks: {
    text: 'posts a text',
    list: 'posts from a list',
    template: 'posts from a template',
    command: 'posts what a program writes',
    function: 'posts what a function of your program writes',
    url: 'posts what a URL answers',
    followers: 'measures followers',
  },
  postStatuses: {
    draft: 'draft',
    scheduled: 'scheduled',
    needs_approval: 'needs approval',
    publishing: 'being published',
    published: 'published',
    unknown: 'unknown',
    failed: 'failed',
    cancelled: 'cancelled',
  },
  decide: 'Nobody knows yet whether it is out. `kippu posts resolve` settles it.',
  log: 'What happened',
  noEvent: 'Nothing yet.',
  signedOut: 'Not signed in',
  signedOutHow: 'This console opens with a one-time link. In a terminal on the machine where Kippu runs:',
  signedOutPrints: 'It prints a fresh link, also while Kippu is already running.',
  otherAddress: (url) => `If you signed in before: this Kippu is at ${url}.`,
  linkUsed: 'This link is over',
  linkUsedWhy:
    'A sign-in link works once, within 15 minutes. For a fresh one, in a terminal on the machine where Kippu runs:',
  failed: 'That did not work',
  back: 'To the overview',
};

const ja: Texts = {
  title: '概要',
  signOut: 'サインアウト',
  connections: '接続',
  connect: (provider) => `${provider} を接続`,
  connectAgain: '再同意する',
  goingTo: (provider) => `${provider} へ移動します…`,
  goOn: '進む',
  noConnection: 'まだ何も接続されていません。',
  noConnectionHow:
    'アカウントを接続してください。プロバイダーの画面で同意すると、以後のトークンの更新は Kippu が行います。',
  moreConnections: 'ほかにもあります。すべて見るには `kippu connections` を実行してください。',
  sandbox: 'サンドボックス: プロバイダーはこのマシン上のシミュレーターです。本物のアカウントには一切触れません。',
  noProvider: 'プロバイダーが設定されていません。KIPPU_X_CLIENT_ID などを設定して起動し直してください。',
  copied: ({ kind, why }) =>
    `更新を止めています(${why})。` +
    {
      copied: 'これからこのデータベースを本物として使うなら、`kippu adopt` を実行してください。',
      moving: '`kippu migrate-store` がもう動いていなければ、もう一度実行してください。',
      moved: 'KIPPU_DATABASE_URL を移動先にして、Kippu を起動し直してください。',
    }[kind],
  appTrouble: (provider, error) =>
    `${provider} がこのアプリを拒否しているため、更新を止めています(${error})。\`kippu doctor\` で確かめられます。`,
  states: { active: '有効', uncertain: '確認中', reauth_required: '再同意が必要', revoked: '取り消し済み' },
  reasons: {
    rejected_unknown:
      'リフレッシュトークンが受け付けられなくなりました(理由は示されていません)。同じアプリで別の場所から接続した、アカウントの設定でアプリを外した、または期限が切れた可能性があります。',
    expired: 'リフレッシュトークンの期限が切れました。',
    revoked_by_provider: 'プロバイダー側で取り消されました。',
    interaction_required: '二段階認証など、本人の操作をプロバイダーが求めています。',
    user_blocked: 'プロバイダーがユーザーを停止しています。先に管理者による解除が必要です。',
    superseded: '同じユーザーの新しい同意に置き換えられました。',
    answer_lost: '更新の応答が失われ、新しいリフレッシュトークンを受け取れませんでした。',
    no_refresh_token: 'リフレッシュトークンがなく、アクセストークンの期限が切れました。',
    key_over: 'API キーの期限が過ぎました。`kippu import` で新しいキーを取り込んでください。',
  },
  uncertain: '更新を送りましたが応答がありません。結果は Kippu が自動で確認します。',
  accessToken: 'アクセストークンの期限',
  refreshToken: '同意の期限',
  nextRenewal: '次の更新',
  renewals: (count) => `更新 ${count} 回`,
  endsWithAccess: 'アクセストークンと同時',
  noEnd: '期限なし・不明',
  over: '期限切れ',
  onUse: '使うとき',
  nextPosts: '次の投稿',
  noPost: '予約された投稿はありません。',
  nextRuns: 'スケジュールの次の実行',
  tasks: {
    text: '本文を投稿',
    list: 'リストから投稿',
    template: 'テンプレートから投稿',
    command: 'プログラムが出力した本文を投稿',
    function: 'あなたのプログラムの関数が返した本文を投稿',
    url: 'URL から得た本文を投稿',
    followers: 'フォロワー数を測定',
  },
  postStatuses: {
    draft: '下書き',
    scheduled: '予約済み',
    needs_approval: '承認待ち',
    publishing: '送信中',
    published: '公開済み',
    unknown: '不明',
    failed: '失敗',
    cancelled: '取り消し',
  },
  decide: '公開されたかどうか、まだ分かりません。`kippu posts resolve` で確定できます。',
  log: '履歴',
  noEvent: 'まだありません。',
  signedOut: 'サインインしていません',
  signedOutHow:
    'この画面は、一度だけ使えるリンクで開きます。Kippu が動いているマシンのターミナルで次を実行してください。',
  signedOutPrints: '新しいリンクが表示されます(Kippu がすでに動いていても使えます)。',
  otherAddress: (url) => `すでにサインインした場合: この Kippu のアドレスは ${url} です。`,
  linkUsed: 'このリンクは使えません',
  linkUsedWhy:
    'サインイン用リンクは、15分以内に一度だけ使えます。新しいリンクを得るには、Kippu が動いているマシンのターミナルで次を実行してください。',
  failed: 'うまくいきませんでした',
  back: '概要へ',
};

export const TEXTS: Readonly<Record<Language, Texts>> = { en, ja };
