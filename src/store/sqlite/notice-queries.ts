import type { NoticeStore } from '../../model/notice-store.ts';
import type { Settling } from '../settling.ts';
import type { SqliteDatabase } from './database.ts';
import { sqliteDeliveryStore } from './delivery-queries.ts';
import { sqliteWebhookStore } from './webhook-queries.ts';

export function sqliteNoticeStore(db: SqliteDatabase, settling: Settling): NoticeStore {
  return { ...sqliteWebhookStore(db, settling.clock), ...sqliteDeliveryStore(db, settling) };
}
