import type { DrawingTexts } from '../timeline/drawing.ts';

export const DRAWING_EN: DrawingTexts = {
  lanes: { access: 'access', refresh: 'grant', events: 'events' },
  marks: {
    failed: 'renewal failed',
    post: 'post',
    consent: 'consent, tokens issued',
    renewed: 'renewed',
    orphan: 'token set kept aside',
    ended: 'ended',
    refreshEnded: 'ended',
    warning: 'warning: consent soon',
    uncertain: 'renewal sent, no answer',
    misconfigured: 'provider refuses the app',
    revoked: 'revoked here',
    reuse: 'perhaps used by somebody else',
    reauth: 'consent needed',
  },
  now: 'now',
  lived: 'token lived',
  toCome: 'still to come',
  before: (count) => `(${count} earlier marks are left of the axis)`,
};

export const DRAWING_JA: DrawingTexts = {
  lanes: { access: 'アクセス', refresh: '同意', events: 'できごと' },
  marks: {
    failed: '更新失敗',
    post: '投稿',
    consent: '同意・発行',
    renewed: '更新',
    orphan: '行き先のないトークンを保管',
    ended: '期限切れ',
    refreshEnded: '期限切れ',
    warning: 'まもなく再同意が必要',
    uncertain: '更新を送ったが応答なし',
    misconfigured: 'アプリが拒否された',
    revoked: 'ここで取り消し',
    reuse: '他人が使ったおそれ',
    reauth: '再同意が必要',
  },
  now: '現在',
  lived: '有効だった期間',
  toCome: 'これからの期間',
  before: (count) => `(軸より前に ${count} 件あります)`,
};
