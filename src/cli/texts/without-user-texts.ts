import type { Language } from '../language.ts';

/** What is said about connections that no user stands behind. */
export interface WithoutUserTexts {
  readonly appOnly: string;
  readonly appOnlyAlone: string;
  readonly apiKey: string;
  readonly header: string;
  readonly scheme: string;
  readonly expiresAt: string;
  readonly replaced: string;
  readonly oneOf: string;
  readonly ofKeysOnly: (flag: string) => string;
  readonly imported: (endsIn: string | undefined) => string;
  readonly noUser: { readonly app: string; readonly key: string };
}

export const WITHOUT_USER_TEXTS: Readonly<Record<Language, WithoutUserTexts>> = {
  en: {
    appOnly: 'connect the app itself, without a user (client credentials)',
    appOnlyAlone:
      '--app-only needs no browser and no device: leave out --device, --explain, --no-open and --no-offline.',
    apiKey: "read a static key of the provider's API from this file, or from - (standard input), instead of tokens",
    header:
      'the header that carries the API key, as in X-Api-Key (default: as the provider wants it, or Authorization)',
    scheme: 'the word before the API key in its header, as in Bearer',
    expiresAt: 'until when the API key is good: ISO 8601, or seconds since the epoch',
    replaced: 'put the API key in the place of the one that this connection has',
    oneOf: 'Give either --from with tokens, or --api-key with a static key.',
    ofKeysOnly: (flag) => `${flag} belongs to --api-key. Tokens are imported with --from and --name alone.`,
    imported: (endsIn) =>
      endsIn === undefined
        ? 'Nothing renews an API key. It is handed out until you revoke it here, or replace it.'
        : `Nothing renews an API key. It ends ${endsIn}, and you are warned before that.`,
    noUser: { app: 'none: the app itself', key: 'none: a static API key' },
  },
  ja: {
    appOnly: 'ユーザーなしで、アプリ自身を接続する(クライアントクレデンシャル)',
    appOnlyAlone:
      '--app-only にはブラウザーも端末もいりません。--device、--explain、--no-open、--no-offline を外してください。',
    apiKey: 'トークンの代わりに、プロバイダーの API の固定キーをこのファイル(- なら標準入力)から読む',
    header: 'API キーを載せるヘッダー。例: X-Api-Key(省略時はプロバイダーの指定、なければ Authorization)',
    scheme: 'ヘッダーで API キーの前に置く語。例: Bearer',
    expiresAt: 'API キーの期限。ISO 8601 か、エポックからの秒数',
    replaced: 'この接続がいま持つ API キーと置き換える',
    oneOf: 'トークンなら --from、固定キーなら --api-key の、どちらか一方を指定してください。',
    ofKeysOnly: (flag) => `${flag} は --api-key と一緒に使います。トークンの取り込みは --from と --name だけです。`,
    imported: (endsIn) =>
      endsIn === undefined
        ? 'API キーは自動では更新されません。ここで取り消すか置き換えるまで、そのまま渡します。'
        : `API キーは自動では更新されません。期限は ${endsIn} で、その前にお知らせします。`,
    noUser: { app: 'なし(アプリ自身)', key: 'なし(固定の API キー)' },
  },
};
