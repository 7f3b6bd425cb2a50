import type { Clock } from '../../model/clock.ts';
import type { WebhookId } from '../../model/ids.ts';
import type { NoticeStore, WebhookChanges } from '../../model/notice-store.ts';
import type { Webhook } from '../../model/notice.ts';
import { integer } from '../rows/columns.ts';
import { jsonOrNull, webhookOf, webhookParams } from '../rows/webhook-rows.ts';
import type { Queryable, SqliteDatabase } from './database.ts';
import { disableWebhook } from './disable-webhook.ts';

type WebhookStore = Pick<
  NoticeStore,
  'createWebhook' | 'webhook' | 'webhooks' | 'updateWebhook' | 'replaceSecrets' | 'removeWebhook'
>;

export function sqliteWebhookStore(db: SqliteDatabase, clock: Clock): WebhookStore {
  return {
    createWebhook: (webhook) =>
      db.write((tx) => {
        insertWebhook(tx, webhook);
      }),
    webhook: async (id) => readWebhook(db, id),
    async webhooks() {
      return db.all('select * from webhooks order by created_at_ms, id').map(webhookOf);
    },
    updateWebhook: (id, changes) => db.write((tx) => updateWebhook(tx, id, changes, clock.nowMs())),
    replaceSecrets: (seen, secrets) =>
      db.write((tx) => {
        const changed = tx.run(
          `update webhooks set sealed = :sealed, generation = :generation, overlap_ends_at_ms = :overlapEndsAtMs
           where id = :id and generation = :seenGeneration`,
          { ...secrets, id: seen.id, seenGeneration: seen.generation },
        );
        return changed === 1 ? readWebhook(tx, seen.id) : undefined;
      }),
    removeWebhook: (id) => db.write((tx) => tx.run('delete from webhooks where id = :id', { id }) === 1),
  };
}

/** Webhooks that events go to, with the newest event that each does not get. */
export function enabledWebhooks(db: Queryable): readonly { readonly webhook: Webhook; readonly after: number }[] {
  return db
    .all('select * from webhooks where disabled_at_ms is null order by created_at_ms, id')
    .map((row) => ({ webhook: webhookOf(row), after: integer(row, 'after_sequence') }));
}

function insertWebhook(tx: Queryable, webhook: Webhook): void {
  tx.run(
    `insert into webhooks (id, url, event_types, connections, generation, sealed, overlap_ends_at_ms, after_sequence,
       created_at_ms)
     values (:id, :url, :eventTypes, :connections, :generation, :sealed, :overlapEndsAtMs,
       (select coalesce(max(sequence), 0) from events), :createdAtMs)`,
    webhookParams(webhook),
  );
}

function updateWebhook(tx: Queryable, id: WebhookId, changes: WebhookChanges, nowMs: number): Webhook | undefined {
  const { url, eventTypes, connections, disabledBecause } = changes;
  if (url !== undefined) tx.run('update webhooks set url = :url, hold_until_ms = null where id = :id', { id, url });
  if (eventTypes !== undefined)
    tx.run('update webhooks set event_types = :types where id = :id', { id, types: jsonOrNull(eventTypes) });
  if (connections !== undefined)
    tx.run('update webhooks set connections = :ids where id = :id', { id, ids: jsonOrNull(connections) });
  if (disabledBecause === null) enable(tx, id);
  else if (disabledBecause !== undefined) disableWebhook(tx, { id, because: disabledBecause }, nowMs);
  return readWebhook(tx, id);
}

function enable(tx: Queryable, id: WebhookId): void {
  tx.run(
    `update webhooks set disabled_at_ms = null, disabled_because = null, hold_until_ms = null,
       after_sequence = (select coalesce(max(sequence), 0) from events)
     where id = :id and disabled_at_ms is not null`,
    { id },
  );
}

function readWebhook(db: Queryable, id: WebhookId): Webhook | undefined {
  const row = db.get('select * from webhooks where id = :id', { id });
  return row === undefined ? undefined : webhookOf(row);
}
