import type { Copied } from '../../app/copied.ts';
import type { Language } from '../language.ts';
import { COPIED_ADVICE } from './copied-texts.ts';

export interface UpTexts {
  readonly description: string;
  readonly port: string;
  readonly host: string;
  readonly databaseUrl: string;
  readonly sandbox: string;
  readonly withoutSandbox: string;
  readonly withoutWorker: string;
  readonly withoutServer: string;
  readonly fast: string;
  readonly running: (url: string) => string;
  readonly database: (path: string) => string;
  readonly simulator: (name: string, url: string) => string;
  readonly sandboxData: (home: string) => string;
  readonly noServer: string;
  readonly watchedAt: (url: string) => string;
  readonly noWorker: string;
  readonly newRing: (path: string) => string;
  readonly copied: (copied: Copied) => string;
  readonly signIn: string;
  readonly noSignIn: string;
  readonly tryNext: string;
  readonly connect: string;
  readonly connectSimulated: string;
  readonly token: string;
  readonly post: string;
  readonly doctor: string;
  readonly realX: (callback: string) => readonly string[];
  readonly toStop: string;
  readonly draining: (count: number) => string;
  readonly stopped: string;
  readonly leaving: string;
  readonly alreadyRunning: (url: string, link: string) => string;
}

/** What `kippu up` says, in the order in which it says it. */
export const UP_TEXTS: Readonly<Record<Language, UpTexts>> = {
  en: {
    description: 'start the server and the worker; with no provider configured, the sandbox with simulated providers',
    port: 'port to listen on (KIPPU_PORT); with --no-server, for /healthz, /readyz and /metrics alone',
    host: 'address to listen on (KIPPU_HOST)',
    databaseUrl: 'sqlite:PATH, postgres://… or memory: (KIPPU_DATABASE_URL)',
    sandbox: 'use the simulated providers, also where real ones are configured',
    withoutSandbox: 'never use the simulated providers',
    withoutWorker: 'answer requests only: renew nothing ahead, post nothing',
    withoutServer: 'work only: answer no requests but, with --port, for health and metrics',
    fast: 'sandbox: let tokens age this many times faster (60 makes an hour a minute)',
    running: (url) => `Kippu is running at ${url}`,
    database: (path) => `  database     ${path}`,
    simulator: (name, url) => `  simulated ${name}  ${url}  (its own page shows every token's life)`,
    sandboxData: (home) => `  sandbox      data in ${home}, apart from real data`,
    noServer: 'Kippu is running: the worker only, no server.',
    watchedAt: (url) => `  monitoring   ${url}/healthz, /readyz and /metrics, and nothing else`,
    noWorker: '  no worker    nothing is renewed ahead and nothing is posted by this process',
    newRing: (path) =>
      `A new key ring was made: ${path}. Back this up: without it nothing in the database can be opened.`,
    copied: (copied) => `Nothing is renewed or posted: ${copied.why}.\n${COPIED_ADVICE.en(copied)}`,
    signIn: 'Sign in (once, within 15 minutes):',
    noSignIn: 'No sign-in link could be made now (the log says why). A second "kippu up" here shows one.',
    tryNext: 'Try next, in another terminal:',
    connect: 'connect an account; prints its name',
    connectSimulated: 'connect a (simulated) account',
    token: 'a good access token, whenever you ask',
    post: 'post now, or with --at "tomorrow 09:00"',
    doctor: 'what is configured, and what is missing',
    realX: (callback) => [
      'To use the real X: create an app at https://console.x.com with the callback address',
      `  ${callback}   (exactly so)`,
      'put KIPPU_X_CLIENT_ID and KIPPU_X_CLIENT_SECRET into a file named .env here, and start again.',
    ],
    toStop: 'To stop: Ctrl-C. A renewal that is under way is settled first.',
    draining: (count) =>
      count === 0
        ? 'Stopping …'
        : `Stopping: waiting for ${count} renewal(s) to be settled. Ctrl-C again leaves now; the next start resolves them.`,
    stopped: 'Stopped. Nothing is left unsettled.',
    leaving: 'Leaving now. What was under way is resolved at the next start.',
    alreadyRunning: (url, link) =>
      `Kippu is already running here, at ${url}. Sign in: ${link}  To run another one, give it its own KIPPU_HOME and --port.`,
  },
  ja: {
    description: 'サーバーとワーカーを起動する。プロバイダーの設定がなければ、模擬プロバイダーのサンドボックスになる',
    port: '待ち受けるポート (KIPPU_PORT)。--no-server のときは /healthz・/readyz・/metrics だけに使う',
    host: '待ち受けるアドレス (KIPPU_HOST)',
    databaseUrl: 'sqlite:PATH、postgres://… または memory: (KIPPU_DATABASE_URL)',
    sandbox: '本物のプロバイダーが設定されていても模擬プロバイダーを使う',
    withoutSandbox: '模擬プロバイダーを使わない',
    withoutWorker: '要求に答えるだけで、先回りの更新や投稿はしない',
    withoutServer: '作業だけを行い、要求には答えない(--port があれば稼働状態とメトリクスだけ答える)',
    fast: 'サンドボックス: トークンの時間をこの倍率で早送りする(60なら1時間が1分)',
    running: (url) => `Kippu が動いています: ${url}`,
    database: (path) => `  データベース    ${path}`,
    simulator: (name, url) => `  模擬 ${name}          ${url}  (各トークンの寿命が見られます)`,
    sandboxData: (home) => `  サンドボックス  データは ${home}(本物のデータとは別)`,
    noServer: 'Kippu が動いています(ワーカーのみ、サーバーなし)。',
    watchedAt: (url) => `  監視          ${url}/healthz、/readyz、/metrics のみ`,
    noWorker: '  ワーカーなし  このプロセスは先回りの更新も投稿もしません',
    newRing: (path) =>
      `新しい鍵束を作りました: ${path}。必ずバックアップしてください。これがないとデータベースの中身は開けません。`,
    copied: (copied) => `更新も投稿も止めています: ${copied.why}。\n${COPIED_ADVICE.ja(copied)}`,
    signIn: 'サインイン用リンク(15分以内、1回だけ有効):',
    noSignIn:
      'いまはサインイン用リンクを作れませんでした(理由はログにあります)。ここでもう一度 "kippu up" を実行すると表示されます。',
    tryNext: '別のターミナルで試してみましょう:',
    connect: 'アカウントを接続する(名前が表示されます)',
    connectSimulated: '(模擬)アカウントを接続する',
    token: 'いつでも使えるアクセストークンを得る',
    post: 'いますぐ投稿する。--at "tomorrow 09:00" で予約',
    doctor: '何が設定されていて、何が足りないか',
    realX: (callback) => [
      '本物の X を使うには: https://console.x.com でアプリを作り、コールバック URL を',
      `  ${callback}   (この通りに)`,
      'と登録し、KIPPU_X_CLIENT_ID と KIPPU_X_CLIENT_SECRET をここの .env に書いて、もう一度起動します。',
    ],
    toStop: '止めるには Ctrl-C。更新の途中なら、それが済んでから止まります。',
    draining: (count) =>
      count === 0
        ? '停止します …'
        : `停止します: ${count} 件の更新が済むのを待っています。もう一度 Ctrl-C ですぐ終了します(次の起動で解決されます)。`,
    stopped: '停止しました。やり残しはありません。',
    leaving: 'すぐ終了します。途中のものは次の起動で解決されます。',
    alreadyRunning: (url, link) =>
      `Kippu はすでにここで動いています: ${url}  サインイン: ${link}  もう一つ動かすには、別の KIPPU_HOME と --port を指定してください。`,
  },
};
