export const SESSION_TEXTS = {
  en: {
    signedIn: 'Signed in',
    goOn: 'Go on',
    notSignedIn: 'Not signed in',
    notDone: 'That did not work',
    nothingChanged: 'Nothing was changed.',
    back: 'Back',
  },
  ja: {
    signedIn: 'サインインしました',
    goOn: '続ける',
    notSignedIn: 'サインインできませんでした',
    notDone: '実行できませんでした',
    nothingChanged: '何も変更されていません。',
    back: '戻る',
  },
} as const;
