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
  readonly copied: (why: string) => string;
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
  readonly tasks: Readonly<Record<'text' | 'list' | 'template' | 'command' | 'url' | 'followers', string>>;
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
  connectAgain: 'Connect again',
  goingTo: (provider) => `To ${provider} …`,
  goOn: 'Go on',
  noConnection: 'Nothing is connected yet.',
  noConnectionHow: 'Connect an account: you consent at the provider, and from then on its tokens are kept alive here.',
  moreConnections: 'There are more: `kippu connections` lists them all.',
  sandbox: 'Sandbox: the providers are simulated on this machine. Nothing here is real, and nothing leaves it.',
  noProvider: 'No provider is configured. Set KIPPU_X_CLIENT_ID, for example, and start again.',
  copied: (why) => `Nothing is renewed: ${why}. If this one is the real one from now on, run \`kippu adopt\`.`,
  appTrouble: (provider, error) =>
    `${provider} refuses this app, so nothing is renewed there: ${error}. \`kippu doctor\` says what to check.`,
  states: { active: 'active', uncertain: 'uncertain', reauth_required: 'connect again', revoked: 'revoked' },
  reasons: {
    rejected_unknown:
      "The provider no longer accepts the refresh token and does not say why: the app was used with this account elsewhere, its access was removed in the account's settings, or the token's months are over.",
    expired: 'The refresh token has expired.',
    revoked_by_provider: 'The access was removed at the provider.',
    superseded: 'A later consent of the same user replaced this one.',
    answer_lost: 'The answer to a renewal was lost, and with it the new refresh token.',
    no_refresh_token: 'The consent brought no refresh token, and the access token is over.',
  },
  uncertain: 'A renewal was sent and not answered. Kippu finds out by itself what became of it.',
  accessToken: 'Access token ends',
  refreshToken: 'Refresh token ends',
  nextRenewal: 'Next renewal',
  renewals: (count) => (count === 1 ? 'renewed once' : `renewed ${count} times`),
  endsWithAccess: 'there is none',
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
  title: '一覧',
  signOut: 'ログアウト',
  connections: '接続',
  connect: (provider) => `${provider}を接続`,
  connectAgain: '接続し直す',
  goingTo: (provider) => `${provider}へ移動します…`,
  goOn: '進む',
  noConnection: 'まだ何も接続されていません。',
  noConnectionHow:
    'アカウントを接続してください。プロバイダーの画面で同意すると、以後のトークンの更新はKippuが行います。',
  moreConnections: 'ほかにもあります。すべて見るには `kippu connections` を実行してください。',
  sandbox: 'サンドボックス：プロバイダーはこのマシン上のシミュレーターです。本物のアカウントには一切触れません。',
  noProvider: 'プロバイダーが設定されていません。KIPPU_X_CLIENT_ID などを設定して起動し直してください。',
  copied: (why) => `更新を停止しています（${why}）。今後こちらを正とする場合は \`kippu adopt\` を実行してください。`,
  appTrouble: (provider, error) =>
    `${provider}がこのアプリを拒否しているため、更新を停止しています（${error}）。\`kippu doctor\` で確認できます。`,
  states: { active: '有効', uncertain: '確認中', reauth_required: '再接続が必要', revoked: '取り消し済み' },
  reasons: {
    rejected_unknown:
      'リフレッシュトークンが受け付けられなくなりました（理由は示されていません）。同じアプリが別の場所で使われた、アカウントの設定で連携が解除された、または有効期限が切れた可能性があります。',
    expired: 'リフレッシュトークンの有効期限が切れました。',
    revoked_by_provider: 'プロバイダー側で連携が解除されました。',
    superseded: '同じユーザーの新しい同意に置き換えられました。',
    answer_lost: '更新の応答が失われ、新しいリフレッシュトークンを受け取れませんでした。',
    no_refresh_token: 'リフレッシュトークンがなく、アクセストークンの期限が切れました。',
  },
  uncertain: '更新を送りましたが応答がありません。結果はKippuが自動で確認します。',
  accessToken: 'アクセストークンの期限',
  refreshToken: 'リフレッシュトークンの期限',
  nextRenewal: '次の更新',
  renewals: (count) => `更新${count}回`,
  endsWithAccess: 'なし',
  noEnd: '期限なし・不明',
  over: '期限切れ',
  onUse: '使うとき',
  nextPosts: '次の投稿',
  noPost: '予定されている投稿はありません。',
  nextRuns: '予約の次の実行',
  tasks: {
    text: '本文を投稿',
    list: 'リストから投稿',
    template: 'テンプレートから投稿',
    command: 'プログラムが書いた本文を投稿',
    url: 'URLが答えた本文を投稿',
    followers: 'フォロワー数を測定',
  },
  postStatuses: {
    draft: '下書き',
    scheduled: '予約済み',
    needs_approval: '承認待ち',
    publishing: '投稿中',
    published: '投稿済み',
    unknown: '結果不明',
    failed: '失敗',
    cancelled: '取り消し',
  },
  decide: '投稿されたかどうかまだ分かりません。`kippu posts resolve` で確定できます。',
  log: '履歴',
  noEvent: 'まだありません。',
  signedOut: 'ログインしていません',
  signedOutHow: 'この画面は一度だけ使えるリンクで開きます。Kippuが動いているマシンのターミナルで次を実行してください。',
  signedOutPrints: '新しいリンクが表示されます（Kippuの起動中でも使えます）。',
  otherAddress: (url) => `すでにログインした場合：このKippuのアドレスは ${url} です。`,
  linkUsed: 'このリンクは使えません',
  linkUsedWhy:
    'ログイン用のリンクは15分以内に一度だけ使えます。新しいリンクを得るには、Kippuが動いているマシンのターミナルで次を実行してください。',
  failed: 'うまくいきませんでした',
  back: '一覧へ',
};

export const TEXTS: Readonly<Record<Language, Texts>> = { en, ja };
