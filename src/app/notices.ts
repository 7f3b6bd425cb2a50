import type { NoticeBacklog } from '../model/notice-store.ts';
import { Courier } from '../notify/courier.ts';
import { noticePorts } from './notice-ports.ts';
import type { App } from './open.ts';

/** Brings events to webhooks and mail addresses for this process; the worker drives it. */
export function courierOf(app: App): Courier {
  return new Courier(noticePorts(app), (error) => {
    app.log.error({ err: error }, 'a notice could not be settled now; it is sent again');
  });
}

export interface NoticeLag extends NoticeBacklog {
  /** How long the oldest event that was not fanned out yet has waited, milliseconds. */
  readonly outboxLagMs: number;
  /** How long the oldest delivery has waited, milliseconds. */
  readonly deliveryLagMs: number;
}

/** How far notices are behind. */
export async function noticeLag({ store, options }: App): Promise<NoticeLag> {
  const backlog = await store.notices.backlog();
  const nowMs = options.outside.clock.nowMs();
  const since = (atMs: number | undefined): number => (atMs === undefined ? 0 : Math.max(0, nowMs - atMs));
  const { webhook, mail } = backlog.channels;
  return {
    ...backlog,
    outboxLagMs: since(backlog.oldestEventAtMs),
    deliveryLagMs: Math.max(since(webhook.oldestPendingAtMs), since(mail.oldestPendingAtMs)),
  };
}
