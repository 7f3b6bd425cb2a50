import type { Language } from '../language.ts';

export interface WebhookTexts {
  readonly description: string;
  readonly add: string;
  readonly list: string;
  readonly show: string;
  readonly deliveries: string;
  readonly redeliver: string;
  readonly test: string;
  readonly secret: string;
  readonly enable: string;
  readonly disable: string;
  readonly remove: string;
  readonly url: string;
  readonly id: string;
  readonly delivery: string;
  readonly event: string;
  readonly connection: string;
  readonly state: string;
  readonly shownOnce: (id: string) => string;
  readonly overlap: (until: string) => string;
  readonly none: string;
  readonly noDeliveries: string;
  readonly everything: string;
  readonly everyConnection: string;
  readonly active: string;
  readonly disabled: (because: string) => string;
  readonly headings: {
    readonly id: string;
    readonly url: string;
    readonly events: string;
    readonly connections: string;
    readonly created: string;
    readonly state: string;
    readonly time: string;
    readonly type: string;
    readonly attempts: string;
    readonly last: string;
  };
  readonly states: Readonly<Record<string, string>>;
  readonly arrived: (status: number) => string;
  readonly notArrived: (error: string) => string;
  readonly isDue: (id: string) => string;
  readonly isEnabled: (id: string) => string;
  readonly isDisabled: (id: string) => string;
  readonly isRemoved: (id: string) => string;
}

/** What `kippu webhooks` says. */
export const WEBHOOK_TEXTS: Readonly<Record<Language, WebhookTexts>> = {
  en: {
    description: 'tell other programs what happens, by signed HTTP requests',
    add: 'send what happens from now on to a URL; the secret is printed once',
    list: 'list the webhooks',
    show: 'show one webhook',
    deliveries: 'show what was delivered and what was not',
    redeliver: 'send an event once more',
    test: 'send a test message now',
    secret: 'make a new secret; the old one signs as well for a day',
    enable: 'send to it again, from now on',
    disable: 'send nothing to it any more',
    remove: 'remove a webhook with its deliveries',
    url: 'https, or http on this machine',
    id: 'id of the webhook, whk_…',
    delivery: 'id of the delivery, dlv_…',
    event: 'only events of these types',
    connection: 'only events of these connections, by id or name',
    state: 'only those that are pending, delivered or failed',
    shownOnce: (id) => `This is the secret of ${id}. It is shown this once: give it to the receiver now.`,
    overlap: (until) => `The old secret signs as well until ${until}.`,
    none: 'There are no webhooks. Make one with: kippu webhooks add URL',
    noDeliveries: 'Nothing has happened yet that this webhook gets.',
    everything: 'all',
    everyConnection: 'all',
    active: 'active',
    disabled: (because) => `disabled: ${because}`,
    headings: {
      id: 'ID',
      url: 'URL',
      events: 'EVENTS',
      connections: 'CONNECTIONS',
      created: 'CREATED',
      state: 'STATE',
      time: 'TIME',
      type: 'EVENT',
      attempts: 'ATTEMPTS',
      last: 'LAST ANSWER',
    },
    states: { pending: 'pending', delivered: 'delivered', failed: 'failed' },
    arrived: (status) => `The receiver has accepted it (${status}).`,
    notArrived: (error) => `It was not accepted: ${error}.`,
    isDue: (id) => `${id} is sent again as soon as the worker looks.`,
    isEnabled: (id) => `Enabled: ${id}. It gets what happens from now on.`,
    isDisabled: (id) => `Disabled: ${id}. What waited for it has failed.`,
    isRemoved: (id) => `Removed: ${id}.`,
  },
  ja: {
    description: '起きたことを、署名した HTTP リクエストでほかのプログラムに知らせる',
    add: 'これから起きることを URL に送る(シークレットの表示は一度だけ)',
    list: 'Webhook の一覧を表示する',
    show: 'Webhook を表示する',
    deliveries: '届いたものと届かなかったものを表示する',
    redeliver: 'イベントをもう一度送る',
    test: 'テストのメッセージをいま送る',
    secret: '新しいシークレットを作る(古いものでも1日は署名する)',
    enable: 'これから起きることを、ふたたび送る',
    disable: '送るのをやめる',
    remove: 'Webhook を、送信の記録とともに削除する',
    url: 'https、またはこのマシンの http',
    id: 'Webhook の ID(whk_…)',
    delivery: '送信の ID(dlv_…)',
    event: 'この種類のイベントだけ',
    connection: 'この接続のイベントだけ(ID または名前)',
    state: 'pending(待機中)、delivered(済み)、failed(失敗)のものだけ',
    shownOnce: (id) => `${id} のシークレットです。表示は一度だけなので、いま受信側に設定してください。`,
    overlap: (until) => `古いシークレットでも ${until} まで署名します。`,
    none: 'Webhook はありません。作るには: kippu webhooks add URL',
    noDeliveries: 'この Webhook に送るようなことは、まだ起きていません。',
    everything: 'すべて',
    everyConnection: 'すべて',
    active: '有効',
    disabled: (because) => `無効: ${because}`,
    headings: {
      id: 'ID',
      url: 'URL',
      events: 'イベント',
      connections: '接続',
      created: '作成',
      state: '状態',
      time: '時刻',
      type: 'イベント',
      attempts: '試行',
      last: '最後の応答',
    },
    states: { pending: '待機中', delivered: '済み', failed: '失敗' },
    arrived: (status) => `受信側が受け取りました(${status})。`,
    notArrived: (error) => `受け取られませんでした: ${error}`,
    isDue: (id) => `${id} は、ワーカーが次に見たときに送られます。`,
    isEnabled: (id) => `有効にしました: ${id}。これから起きることが送られます。`,
    isDisabled: (id) => `無効にしました: ${id}。待っていたものは失敗になりました。`,
    isRemoved: (id) => `削除しました: ${id}`,
  },
};
