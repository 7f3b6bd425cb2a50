import type { Language } from '../language.ts';

/** What the device flow says while its user holds another device in his hand. */
export interface DeviceTexts {
  readonly option: string;
  readonly open: (url: string) => string;
  readonly type: (code: string) => string;
  readonly scan: string;
  readonly onlyYours: string;
  readonly waiting: (span: string) => string;
  readonly nowAsking: string;
  readonly notExplained: string;
}

export const DEVICE_TEXTS: Readonly<Record<Language, DeviceTexts>> = {
  en: {
    option: 'show a code to type on another device, where no browser is at hand',
    open: (url) => `On any device, open:\n  ${url}`,
    type: (code) => `and type this code:\n  ${code}`,
    scan: 'Or let a phone read the address:',
    onlyYours: 'Type it only if you started this yourself: whoever types it gives access to his account.',
    waiting: (span) => `Waiting for the consent, for up to ${span}. Ctrl-C stops waiting.`,
    nowAsking: 'The consent is safe. The provider could not say yet whose account it is; asking again.',
    notExplained: '--explain shows the flow through a browser. Leave out --device, or --explain.',
  },
  ja: {
    option: 'ブラウザーが使えないとき、別の端末で入力するコードを表示する',
    open: (url) => `どの端末でもよいので、このページを開いてください:\n  ${url}`,
    type: (code) => `そこで、このコードを入力してください:\n  ${code}`,
    scan: 'スマートフォンでアドレスを読み取ることもできます:',
    onlyYours: '自分で始めたときだけ入力してください。入力した人のアカウントが接続されます。',
    waiting: (span) => `同意を待っています(最長 ${span})。やめるには Ctrl-C。`,
    nowAsking: '同意は安全に保存されました。どのアカウントのものかをプロバイダーがまだ答えないため、確認を続けます。',
    notExplained: '--explain はブラウザーを使う流れを説明します。--device か --explain のどちらかを外してください。',
  },
};
