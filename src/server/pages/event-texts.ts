import type { EventType, KippuEvent } from '../../model/event.ts';
import type { Language } from './texts.ts';

type Data = KippuEvent['data'];
type Telling = (data: Data) => string;

/** How an event is told in the log, after the name of its connection. */
export function eventText({ type, data }: KippuEvent, lang: Language): string {
  return TELLINGS[lang][type](data);
}

/** Good news, bad news, or neither. */
export function eventTone({ type }: KippuEvent): 'good' | 'warn' | 'bad' | undefined {
  return TONES[type];
}

const TONES: Readonly<Partial<Record<EventType, 'good' | 'warn' | 'bad'>>> = {
  'connection.created': 'good',
  'post.published': 'good',
  'connection.uncertain': 'warn',
  'connection.reauth_soon': 'warn',
  'post.unknown': 'warn',
  'schedule.missed': 'warn',
  'connection.reauth_required': 'bad',
  'connection.reuse_detected': 'bad',
  'provider.misconfigured': 'bad',
  'post.failed': 'bad',
};

function said(data: Data, name: string): string {
  const value = data[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function days(data: Data): string {
  const count = said(data, 'days_before');
  return count === '1' ? 'a day' : `${count} days`;
}

function inBrackets(text: string, brackets: readonly [string, string]): string {
  return text === '' ? '' : brackets[0] + text + brackets[1];
}

const en: Readonly<Record<EventType, Telling>> = {
  'connection.created': (data) =>
    data['imported'] === true ? 'was imported' : data['again'] === true ? 'got a new consent' : 'was connected',
  'connection.renewed': (data) => `was renewed${inBrackets(said(data, 'version'), [' (version ', ')'])}`,
  'connection.uncertain': () => 'was being renewed, and no answer came',
  'connection.reauth_soon': (data) => `needs a new consent within ${days(data)}`,
  'connection.reauth_required': (data) => `needs a new consent${inBrackets(said(data, 'reason'), [' (', ')'])}`,
  'connection.reuse_detected': (data) =>
    data['certainty'] === 'certain'
      ? 'has a refresh token of which somebody brought a copy here'
      : 'may have had its refresh token used by somebody else',
  'connection.revoked': (data) => (data['at_provider'] === false ? 'was revoked here' : 'was revoked'),
  'provider.misconfigured': (data) => `The provider refuses this app${inBrackets(said(data, 'error'), [': ', ''])}`,
  'post.published': () => 'a post was published',
  'post.unknown': (data) => `nobody knows whether a post is out${inBrackets(said(data, 'reason'), [' (', ')'])}`,
  'post.failed': (data) => `a post failed${inBrackets(said(data, 'reason'), [' (', ')'])}`,
  'schedule.missed': () => 'a run of a schedule was missed',
};

const ja: Readonly<Record<EventType, Telling>> = {
  'connection.created': (data) =>
    data['imported'] === true ? '取り込みました' : data['again'] === true ? '再同意しました' : '接続しました',
  'connection.renewed': (data) => `更新しました${inBrackets(said(data, 'version'), ['(バージョン ', ')'])}`,
  'connection.uncertain': () => '更新を送りましたが応答がありません',
  'connection.reauth_soon': (data) => `${said(data, 'days_before')}日以内に再同意が必要です`,
  'connection.reauth_required': (data) => `再同意が必要です${inBrackets(said(data, 'reason'), ['(', ')'])}`,
  'connection.reuse_detected': (data) =>
    data['certainty'] === 'certain'
      ? '使用済みのリフレッシュトークンの写しが持ち込まれました'
      : 'リフレッシュトークンが他人に使われたおそれがあります',
  'connection.revoked': (data) => (data['at_provider'] === false ? 'ここだけで取り消しました' : '取り消しました'),
  'provider.misconfigured': (data) =>
    `プロバイダーがこのアプリを拒否しています${inBrackets(said(data, 'error'), ['(', ')'])}`,
  'post.published': () => '投稿を公開しました',
  'post.unknown': (data) => `投稿が公開されたかどうか不明です${inBrackets(said(data, 'reason'), ['(', ')'])}`,
  'post.failed': (data) => `投稿に失敗しました${inBrackets(said(data, 'reason'), ['(', ')'])}`,
  'schedule.missed': () => 'スケジュールが実行されませんでした',
};

const TELLINGS: Readonly<Record<Language, Readonly<Record<EventType, Telling>>>> = { en, ja };
