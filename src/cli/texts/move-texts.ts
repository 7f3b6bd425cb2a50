import type { Language } from '../language.ts';

/** What `kippu migrate-store` says. */
export interface MoveTexts {
  readonly description: string;
  readonly from: string;
  readonly to: string;
  readonly explanation: string;
  readonly waiting: (underWay: number) => string;
  readonly moved: (connections: number, to: string) => string;
  readonly movedBefore: (connections: number, to: string) => string;
  readonly unsettled: (count: number) => string;
  readonly next: string;
}

export const MOVE_TEXTS: Readonly<Record<Language, MoveTexts>> = {
  en: {
    description: 'move everything into another database: from SQLite to PostgreSQL, or back',
    from: 'the database that is left; default: KIPPU_DATABASE_URL',
    to: 'the database to move to; it must be empty',
    explanation:
      'The database that is left begins no renewal and no post from that moment on, also for a Kippu that is running; then it takes\n' +
      'nothing any more. Only after that is the other one filled, all at once. Whatever ends this command, give it again: it goes on.\n' +
      'A password need not stand here: PGPASSWORD and ~/.pgpass are read.',
    waiting: (underWay) => `Waiting for what is under way: ${underWay}`,
    moved: (connections, to) =>
      `Moved ${connections === 1 ? 'one connection' : `${connections} connections`} and all else to ${to}.`,
    movedBefore: (connections, to) =>
      `This was moved to ${to} before, with ${connections === 1 ? 'one connection' : `${connections} connections`}.`,
    unsettled: (count) =>
      `${count === 1 ? 'One exchange' : `${count} exchanges`} had no outcome yet. The new database resolves that by itself; keep the data directories (KIPPU_HOME), ` +
      'in which an answer may wait.',
    next: 'Now set KIPPU_DATABASE_URL to the new database, and start Kippu again wherever it runs. The key ring stays the same.',
  },
  ja: {
    description: 'すべてを別のデータベースへ移す (SQLite から PostgreSQL へ、またはその逆)',
    from: '移動元のデータベース。省略時は KIPPU_DATABASE_URL',
    to: '移動先のデータベース。空であること',
    explanation:
      '移動元では、その時点から新しい更新も投稿も始まりません。起動中の Kippu にも効きます。そのあと何も書き込めなくなり、\n' +
      'それから移動先に一度にすべてを書き込みます。途中で終わっても、同じコマンドをもう一度実行すれば続きから進みます。\n' +
      'パスワードをここに書く必要はありません。PGPASSWORD と ~/.pgpass を読みます。',
    waiting: (underWay) => `実行中のものが終わるのを待っています: ${underWay} 件`,
    moved: (connections, to) => `接続 ${connections} 件とその他すべてを ${to} へ移しました。`,
    movedBefore: (connections, to) => `すでに ${to} へ移してあります (接続 ${connections} 件)。`,
    unsettled: (count) =>
      `結果のまだ分からないやり取りが ${count} 件あります。移動先のデータベースで自動的に解決します。答えが残っているかもしれないので、データディレクトリ (KIPPU_HOME) は消さないでください。`,
    next: 'KIPPU_DATABASE_URL を移動先に変えて、動いているすべての Kippu を起動し直してください。鍵束は同じものを使います。',
  },
};
