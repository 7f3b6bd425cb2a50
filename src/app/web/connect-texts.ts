import type { ConsentFailure } from '../../model/consent-store.ts';

export const CONNECT_TEXTS = {
  en: {
    connected: 'Connected',
    closeWindow: 'You can close this window.',
    overview: 'To the overview',
    noRefreshToken:
      'This consent brought no refresh token: it ends with its access token. Consent again with offline access to keep it.',
    neverEnds: 'This access token never expires: it works until somebody revokes it, and so does a stolen copy.',
    endsWithAccess: 'This consent brought no refresh token: it ends with its access token.',
    pending: 'Almost connected',
    pendingWhy: 'Your consent is safe. The provider could not say yet whose account it is; Kippu keeps asking.',
    failed: 'Not connected',
    nothingChanged: 'Nothing was changed. Start again from where you came.',
  },
  ja: {
    connected: '接続しました',
    closeWindow: 'このウィンドウは閉じてかまいません。',
    overview: '概要へ',
    noRefreshToken:
      'リフレッシュトークンが発行されませんでした。アクセストークンの期限で接続が終わります。続けて使うには、オフラインアクセスを付けて再同意してください。',
    neverEnds: 'このアクセストークンには期限がありません。取り消されるまで使え、盗まれたコピーも使えてしまいます。',
    endsWithAccess: 'リフレッシュトークンが発行されませんでした。アクセストークンの期限で接続が終わります。',
    pending: 'まもなく接続されます',
    pendingWhy:
      '同意は安全に保存されました。どのアカウントのものかをプロバイダーがまだ答えないため、確認を続けています。',
    failed: '接続できませんでした',
    nothingChanged: '何も変更されていません。最初からやり直してください。',
  },
} as const;

const FAILURES: Readonly<Record<ConsentFailure, { readonly en: string; readonly ja: string }>> = {
  denied: { en: 'You declined at the provider.', ja: 'プロバイダーの画面で拒否されました。' },
  expired: { en: 'The consent took too long.', ja: '同意に時間がかかりすぎました。' },
  replayed: { en: 'This answer was used already.', ja: 'この応答はすでに使われています。' },
  foreign: { en: 'This browser did not begin this consent.', ja: 'このブラウザーで始めた同意ではありません。' },
  wrong_user: {
    en: 'You are signed in at the provider as another user.',
    ja: 'プロバイダーに別のユーザーでログインしています。',
  },
  code_refused: {
    en: 'The provider refused the authorization code. A code works once, and not for long.',
    ja: 'プロバイダーが認可コードを拒否しました。認可コードは一度しか使えず、短い時間で失効します。',
  },
  provider_refused: { en: 'The provider refused.', ja: 'プロバイダーに拒否されました。' },
  unusable_answer: {
    en: "The provider's answer is in the wrong format.",
    ja: 'プロバイダーの応答の形式が正しくありません。',
  },
  mixed_up: {
    en: 'This answer does not say that it comes from the authorization server you were sent to. It may be an attack: nothing of it was used.',
    ja: '送り出した先の認可サーバーからの応答だと確かめられません。攻撃の可能性があるため、何も使いませんでした。',
  },
  unanswered: { en: 'The provider gave no answer.', ja: 'プロバイダーから応答がありませんでした。' },
  misconfigured: {
    en: 'The provider refuses this app: its client id, secret or callback is not right.',
    ja: 'アプリの設定(クライアント ID、シークレット、コールバック URL)が正しくありません。',
  },
  id_token_invalid: {
    en: "The provider's ID token does not pass its checks, so nobody can say whose account this is.",
    ja: 'プロバイダーの ID トークンが検証に通らないため、誰のアカウントか確かめられません。',
  },
  name_taken: { en: 'That name belongs to another connection.', ja: 'その名前は別の接続で使われています。' },
  not_redeemed: {
    en: 'The application did not redeem the consent in time.',
    ja: 'アプリケーションが時間内に受け取りませんでした。',
  },
};

export function failureText(failure: ConsentFailure, lang: 'en' | 'ja'): string {
  return FAILURES[failure][lang];
}
