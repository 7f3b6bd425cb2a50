import type { Language } from '../language.ts';

/** What is said about access tokens that have no end. */
export interface EndlessTexts {
  /** In a column. */
  readonly never: string;
  readonly explained: string;
  readonly connected: string;
  readonly option: string;
  readonly yes: string;
  readonly none: string;
  readonly list: (count: number) => string;
  readonly question: (count: number) => string;
  readonly needsYes: string;
  readonly nothingDone: string;
  readonly oneOrAll: string;
  readonly failed: (name: string, why: string) => string;
  readonly summary: (revoked: number, failed: number) => string;
}

export const ENDLESS_TEXTS: Readonly<Record<Language, EndlessTexts>> = {
  en: {
    never: 'never',
    explained: 'never: it works until somebody revokes it',
    connected:
      'This access token never expires: it works until somebody revokes it, and so does a stolen copy. If the provider lets the app choose, switch expiry on there and connect again.',
    option: 'all connections whose access token never ends',
    yes: 'do not ask',
    none: 'No connection has an access token that never ends. Nothing to do.',
    list: (count) =>
      `${count === 1 ? 'One connection has' : `${count} connections have`} an access token that never ends:`,
    question: (count) => `Revoke ${count === 1 ? 'it' : `all ${count}`}, at the provider and here?`,
    needsYes:
      'Nobody can be asked here. Give --yes to revoke them, or look first with: kippu connections --never-expires',
    nothingDone: 'Nothing was revoked.',
    oneOrAll: 'Name one connection, or give --never-expires, not both.',
    failed: (name, why) => `Not revoked: ${name}. ${why}`,
    summary: (revoked, failed) => `Revoked: ${revoked}. Not revoked: ${failed}.`,
  },
  ja: {
    never: '期限なし',
    explained: '期限なし(取り消されるまで使える)',
    connected:
      'このアクセストークンには期限がありません。取り消されるまで使え、盗まれたコピーも使えてしまいます。プロバイダーのアプリ設定で期限を有効にできるなら、有効にして接続し直してください。',
    option: 'アクセストークンに期限のない接続すべて',
    yes: '確認せずに実行する',
    none: 'アクセストークンに期限のない接続はありません。することはありません。',
    list: (count) => `アクセストークンに期限のない接続が ${count} 件あります:`,
    question: (count) => `${count} 件を、プロバイダーとここの両方で取り消しますか?`,
    needsYes:
      'ここでは確認を求められません。取り消すなら --yes を付けてください。先に確かめるには: kippu connections --never-expires',
    nothingDone: '何も取り消していません。',
    oneOrAll: '接続を一つ指定するか、--never-expires を付けてください。両方は指定できません。',
    failed: (name, why) => `取り消せませんでした: ${name}。${why}`,
    summary: (revoked, failed) => `取り消し: ${revoked} 件。失敗: ${failed} 件。`,
  },
};
