import type { NoticeStore } from '../../model/notice-store.ts';
import type { Settling } from '../settling.ts';
import type { PostgresDatabase } from './database.ts';
import { postgresDeliveryStore } from './delivery-queries.ts';
import { postgresWebhookStore } from './webhook-queries.ts';

export function postgresNoticeStore(db: PostgresDatabase, settling: Settling): NoticeStore {
  return { ...postgresWebhookStore(db, settling.clock), ...postgresDeliveryStore(db, settling) };
}
