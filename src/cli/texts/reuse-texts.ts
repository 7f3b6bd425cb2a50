/** What a person needs to know when somebody else may have used a refresh token. */
export interface ReuseTexts {
  readonly title: string;
  /** What it rests on, by the event's `evidence`. */
  readonly evidence: Readonly<Record<string, string>>;
  /** What else it can be; for a suspicion only. */
  readonly innocent: string;
  readonly look: (provider: string) => string;
  readonly revoke: (name: string) => string;
  readonly consentAgain: (provider: string, name: string) => string;
}

export const REUSE_EN: ReuseTexts = {
  title: 'Somebody else may have this refresh token',
  evidence: {
    unpresented_token_rejected: 'The provider rejected it, although it was good and was never used from here.',
    spent_token_presented: 'A copy of it was brought here after it had been used. It is worth nothing any more.',
  },
  innocent:
    'It can also be that the user removed this app at the provider, or connected the account with the same app elsewhere.',
  look: (provider) => `In doubt, remove this app in the account's settings at ${provider}: that ends every copy.`,
  revoke: (name) => `Revoke what is stored here:  kippu revoke ${name}`,
  consentAgain: (provider, name) =>
    `Consent again, which keeps the connection and its posts:  kippu connect ${provider} --connection ${name}`,
};

export const REUSE_JA: ReuseTexts = {
  title: 'リフレッシュトークンが他人の手に渡ったおそれがあります',
  evidence: {
    unpresented_token_rejected: '有効なはずで、ここからは一度も使っていないのに、プロバイダーに拒否されました。',
    spent_token_presented: '使用済みのトークンの写しが、ここに持ち込まれました。その写しはもう使えません。',
  },
  innocent:
    'ユーザーがプロバイダー側でこのアプリを外した場合や、同じアプリで別の場所から接続した場合にも、同じことが起こります。',
  look: (provider) =>
    `心当たりがなければ、${provider} のアカウント設定でこのアプリを外してください。写しはすべて使えなくなります。`,
  revoke: (name) => `ここにあるものを取り消す:  kippu revoke ${name}`,
  consentAgain: (provider, name) => `再同意する(接続も投稿も残ります):  kippu connect ${provider} --connection ${name}`,
};
