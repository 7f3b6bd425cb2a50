import type { Language } from '../language.ts';

/** What `kippu adopt` says before it asks. */
export interface AdoptTexts {
  readonly explanation: string;
  /** Of a database that was moved, and not copied: what is said of copies does not hold there. */
  readonly moved: string;
  /** The database has gone on elsewhere, whatever its user says. */
  readonly leftBehind: (place: string) => string;
}

export const ADOPT_TEXTS: Readonly<Record<Language, AdoptTexts>> = {
  en: {
    explanation:
      'A refresh token works once. If two databases renew the same tokens, each ends the grants of the other, so a copy renews nothing.\n' +
      'Adopting says: this database is the real one from now on, and the original is never used again. Tokens that may have been renewed\n' +
      'since the copy was made are treated as an unanswered renewal: a living access token is still served, and the truth is found out when it ends.\n' +
      'What was to be published since is not sent: posts are looked for on the timeline, and runs of schedules are left out.',
    moved:
      'With --moved you say that nothing has used the original since, and that it is never used again. So nothing is doubted:\n' +
      'renewals, posts and schedules go on from where they stopped, as after any pause.',
    leftBehind: (place) =>
      `${place} took over from this database, and has gone on. If it is there, leave this one, and set KIPPU_DATABASE_URL to it.\n` +
      'Only if it is lost for good is this one to be adopted. It missed what was done there, so --moved changes nothing of what follows.',
  },
  ja: {
    explanation:
      'リフレッシュトークンは一度しか使えません。二つのデータベースが同じトークンを更新すると、互いの接続を終わらせてしまうため、複製では何も更新されません。\n' +
      'adopt は「これからはこのデータベースが本物で、元のものは二度と使わない」という宣言です。複製を作った後に更新されたかもしれないトークンは、\n' +
      '応答のなかった更新と同じに扱います。有効なアクセストークンはそのまま使え、期限が来たときに本当のことが分かります。\n' +
      'その間に公開されるはずだったものは送りません。投稿はタイムラインで探し、スケジュールの実行は見送ります。',
    moved:
      '--moved は「それ以来、元のデータベースは誰も使っておらず、これからも使わない」という宣言です。\n' +
      'そのため何も疑いません。更新も投稿もスケジュールも、しばらく止めていたときと同じように続きから進みます。',
    leftBehind: (place) =>
      `このデータベースの中身は ${place} に移り、そちらで先に進んでいます。それが残っているなら、KIPPU_DATABASE_URL をそちらにしてください。\n` +
      'adopt するのは、移動先が失われて戻らないときだけです。そちらでしたことはここにはないので、--moved を付けても次のとおりになります。',
  },
};
