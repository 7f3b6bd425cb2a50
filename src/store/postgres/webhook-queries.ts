import type { Clock } from '../../model/clock.ts';
import type { WebhookId } from '../../model/ids.ts';
import type { NoticeStore, WebhookChanges } from '../../model/notice-store.ts';
import type { Webhook } from '../../model/notice.ts';
import { integer } from '../rows/columns.ts';
import { jsonOrNull, webhookOf, webhookParams } from '../rows/webhook-rows.ts';
import type { PostgresDatabase, Queryable } from './database.ts';
import { disableWebhook } from './disable-webhook.ts';
import { numberEvents } from './event-queries.ts';

type WebhookStore = Pick<
  NoticeStore,
  'createWebhook' | 'webhook' | 'webhooks' | 'updateWebhook' | 'replaceSecrets' | 'removeWebhook'
>;

export function postgresWebhookStore(db: PostgresDatabase, clock: Clock): WebhookStore {
  return {
    async createWebhook(webhook) {
      // What happened until now gets its number now: it is not delivered.
      await numberEvents(db);
      await db.write((tx) => insertWebhook(tx, webhook));
    },
    webhook: (id) => readWebhook(db, id),
    async webhooks() {
      return (await db.all('select * from kippu.webhooks order by created_at_ms, id')).map(webhookOf);
    },
    async updateWebhook(id, changes) {
      await numberEvents(db);
      return db.write((tx) => updateWebhook(tx, id, changes, clock.nowMs()));
    },
    replaceSecrets: (seen, secrets) =>
      db.write(async (tx) => {
        const changed = await tx.run(
          `update kippu.webhooks set sealed = :sealed, generation = :generation, overlap_ends_at_ms = :overlapEndsAtMs
           where id = :id and generation = :seenGeneration`,
          { ...secrets, id: seen.id, seenGeneration: seen.generation },
        );
        return changed === 1 ? await readWebhook(tx, seen.id) : undefined;
      }),
    removeWebhook: (id) =>
      db.write(async (tx) => (await tx.run('delete from kippu.webhooks where id = :id', { id })) === 1),
  };
}

/** Webhooks that events go to, with the newest event that each does not get. */
export async function enabledWebhooks(
  db: Queryable,
): Promise<readonly { readonly webhook: Webhook; readonly after: number }[]> {
  const rows = await db.all('select * from kippu.webhooks where disabled_at_ms is null order by created_at_ms, id');
  return rows.map((row) => ({ webhook: webhookOf(row), after: integer(row, 'after_sequence') }));
}

async function insertWebhook(tx: Queryable, webhook: Webhook): Promise<void> {
  await tx.run(
    `insert into kippu.webhooks (id, url, event_types, connections, generation, sealed, overlap_ends_at_ms, after_sequence,
       created_at_ms)
     values (:id, :url, :eventTypes, :connections, :generation, :sealed, :overlapEndsAtMs,
       (select coalesce(max(sequence), 0) from kippu.events), :createdAtMs)`,
    webhookParams(webhook),
  );
}

async function updateWebhook(
  tx: Queryable,
  id: WebhookId,
  changes: WebhookChanges,
  nowMs: number,
): Promise<Webhook | undefined> {
  const { url, eventTypes, connections, disabledBecause } = changes;
  if (url !== undefined)
    await tx.run('update kippu.webhooks set url = :url, hold_until_ms = null where id = :id', { id, url });
  if (eventTypes !== undefined)
    await tx.run('update kippu.webhooks set event_types = :types where id = :id', {
      id,
      types: jsonOrNull(eventTypes),
    });
  if (connections !== undefined)
    await tx.run('update kippu.webhooks set connections = :ids where id = :id', { id, ids: jsonOrNull(connections) });
  if (disabledBecause === null) await enable(tx, id);
  else if (disabledBecause !== undefined) await disableWebhook(tx, { id, because: disabledBecause }, nowMs);
  return await readWebhook(tx, id);
}

async function enable(tx: Queryable, id: WebhookId): Promise<void> {
  await tx.run(
    `update kippu.webhooks set disabled_at_ms = null, disabled_because = null, hold_until_ms = null,
       after_sequence = (select coalesce(max(sequence), 0) from kippu.events)
     where id = :id and disabled_at_ms is not null`,
    { id },
  );
}

async function readWebhook(db: Queryable, id: WebhookId): Promise<Webhook | undefined> {
  const row = await db.get('select * from kippu.webhooks where id = :id', { id });
  return row === undefined ? undefined : webhookOf(row);
}
