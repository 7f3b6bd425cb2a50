import type { Language } from '../language.ts';

export interface SimulateTexts {
  readonly description: string;
  readonly provider: string;
  readonly port: string;
  readonly fast: string;
  readonly fault: string;
  readonly directory: string;
  readonly sandbox: string;
  readonly json: string;
  readonly running: (name: string, url: string) => string;
}

export const SIMULATE_TEXTS: Readonly<Record<Language, SimulateTexts>> = {
  en: {
    description: "providers' simulators alone, on 127.0.0.1, for tests without an account",
    provider: 'which providers, each at an address of its own; x when none is named',
    port: 'port to listen on, and those after it for several; free ones when absent',
    fast: 'let tokens age this many times faster (60 makes an hour a minute)',
    fault:
      'something to go wrong: lose:token, delay:token:5000, cut:token, status:tweets:500, family-kill; may be repeated',
    directory: 'keep their memory here; without, it is forgotten at the end',
    sandbox: "know the sandbox's app and no other",
    json: 'print the address as JSON',
    running: (name, url) => `${name} is simulated at ${url}`,
  },
  ja: {
    description: 'プロバイダーのシミュレーターだけを 127.0.0.1 で動かす(アカウントなしのテスト用)',
    provider: 'どのプロバイダーか(複数可。それぞれ別のアドレスになる)。省略すると x',
    port: '待ち受けるポート。複数なら続きの番号を使う。省略すると空いているもの',
    fast: 'トークンの時間をこの倍率で速める(60なら1時間が1分)',
    fault: '起こす障害: lose:token, delay:token:5000, cut:token, status:tweets:500, family-kill。複数指定できる',
    directory: '状態をここに保存する。省略すると終了時に忘れる',
    sandbox: 'サンドボックスのアプリだけを受け付ける',
    json: 'アドレスを JSON で出力する',
    running: (name, url) => `模擬 ${name} が動いています: ${url}`,
  },
};
