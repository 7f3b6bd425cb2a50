import type { Copied } from '../../app/copied.ts';
import type { Language } from '../language.ts';

/** What to do about a store that is not the real one. A line for each step. */
export const COPIED_ADVICE: Readonly<Record<Language, (copied: Copied) => string>> = {
  en: (copied) => {
    switch (copied.kind) {
      case 'copied':
        return 'If this database is the real one from now on: kippu adopt';
      case 'moving':
        return (
          'Give the same kippu migrate-store again, unless it still runs: it goes on.\n' +
          'To stay with this database instead, which nothing has left yet: kippu adopt --moved'
        );
      case 'moved':
        return (
          `Set KIPPU_DATABASE_URL to ${copied.place} (with its password, if it has one), and start Kippu again.\n` +
          'kippu adopt here is the last resort, for when that database is lost: it doubts every grant.'
        );
    }
  },
  ja: (copied) => {
    switch (copied.kind) {
      case 'copied':
        return 'これからこのデータベースを本物として使うなら: kippu adopt';
      case 'moving':
        return (
          'kippu migrate-store がもう動いていなければ、同じコマンドをもう一度実行してください。続きから進みます。\n' +
          'まだ何も移っていないので、このデータベースを使い続けることもできます: kippu adopt --moved'
        );
      case 'moved':
        return (
          `KIPPU_DATABASE_URL を ${copied.place} にして(パスワードがあれば付けて)、Kippu を起動し直してください。\n` +
          'ここでの kippu adopt は、移動先が失われたときの最後の手段です。すべての接続を疑い直すことになります。'
        );
    }
  },
};
