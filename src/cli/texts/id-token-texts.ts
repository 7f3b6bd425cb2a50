import type { Language } from '../language.ts';

export interface IdTokenTexts {
  readonly description: string;
  readonly maxAge: string;
}

export const ID_TOKEN_TEXTS: Readonly<Record<Language, IdTokenTexts>> = {
  en: {
    description: 'print the current ID token (OpenID Connect), checked, and renewed if it has ended',
    maxAge: 'seconds since it was issued; an older one is renewed (less than 60 counts as 60)',
  },
  ja: {
    description: '現在の ID トークン (OpenID Connect) を検証して出力する。期限切れなら更新する',
    maxAge: '発行からの秒数。これより古ければ更新する(60未満は60として扱う)',
  },
};
