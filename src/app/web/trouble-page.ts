import { html, languageOf, page } from './page.ts';

/** What a user is told whose request came to nothing, without anything of what was wrong. */
const TROUBLES = {
  not_found: {
    status: 404,
    en: { title: 'There is nothing here', advice: 'Go back to where you came from and start again.' },
    ja: { title: 'ページが見つかりません', advice: '元のページに戻って、最初からやり直してください。' },
  },
  not_now: {
    status: 503,
    en: { title: 'Not now', advice: 'Nothing was changed. Try again in a moment.' },
    ja: { title: 'いまは利用できません', advice: '何も変更されていません。しばらくしてからやり直してください。' },
  },
  broken: {
    status: 500,
    en: {
      title: 'Something went wrong',
      advice: 'It was written to the log of this site. Start again from where you came.',
    },
    ja: {
      title: 'エラーが発生しました',
      advice: '内容はこのサイトのログに記録されました。最初からやり直してください。',
    },
  },
} as const;

export function troublePage(trouble: keyof typeof TROUBLES, request: Request): Response {
  const lang = languageOf(request);
  const { status } = TROUBLES[trouble];
  const { title, advice } = TROUBLES[trouble][lang];
  return page({ title, lang, status, body: html`<div class="card narrow"><h1>${title}</h1><p>${advice}</p></div>` });
}
