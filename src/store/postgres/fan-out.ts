import type { KippuEvent } from '../../model/event.ts';
import { newId } from '../../model/ids.ts';
import type { FanOut } from '../../model/notice-store.ts';
import { wants, type NoticeChannel } from '../../model/notice.ts';
import { integer } from '../rows/columns.ts';
import { eventOf } from '../rows/event-rows.ts';
import type { Settling } from '../settling.ts';
import type { Queryable } from './database.ts';
import { enabledWebhooks } from './webhook-queries.ts';

/** Makes the deliveries of the next events and moves the cursor past them. Gives how many events those were. */
export async function fanOut(tx: Queryable, plan: FanOut, settling: Settling): Promise<number> {
  const cursor = await cursorOf(tx, plan.channel);
  const rows = await tx.all('select * from kippu.events where sequence > :cursor order by sequence limit :limit', {
    cursor,
    limit: plan.limit,
  });
  const events = rows.map(eventOf);
  const last = events.at(-1);
  if (last === undefined) return 0;
  const destinations = await destinationsOf(tx, plan);
  for (const event of events)
    for (const destination of destinations(event))
      await deliver(tx, { event, destination, channel: plan.channel }, settling);
  await tx.run('update kippu.notice_cursors set sequence = :sequence where channel = :channel', {
    channel: plan.channel,
    sequence: last.sequence,
  });
  return events.length;
}

/** Whether nothing has happened since the last time. What is committed and has no number yet has happened, too. */
export async function isFannedOut(db: Queryable, channel: NoticeChannel): Promise<boolean> {
  const row = await db.get(
    `select 1 as done from kippu.notice_cursors
     where channel = :channel and sequence >= (select coalesce(max(sequence), 0) from kippu.events)
       and not exists (select 1 from kippu.events where sequence is null)`,
    { channel },
  );
  return row !== undefined;
}

/**
 * How far it is; whoever else would fan the same channel out waits. A channel that is used for the first time begins with
 * what happens from now on.
 */
async function cursorOf(tx: Queryable, channel: NoticeChannel): Promise<number> {
  await tx.run(
    `insert into kippu.notice_cursors (channel, sequence) select :channel, coalesce(max(sequence), 0) from kippu.events
     on conflict (channel) do nothing`,
    { channel },
  );
  const row = await tx.get('select sequence from kippu.notice_cursors where channel = :channel for update', {
    channel,
  });
  return row === undefined ? 0 : integer(row, 'sequence');
}

async function destinationsOf(tx: Queryable, plan: FanOut): Promise<(event: KippuEvent) => readonly string[]> {
  if (plan.channel === 'mail') {
    const { wants: isMailed, recipients } = plan;
    return (event) => (isMailed(event) ? recipients : []);
  }
  const webhooks = await enabledWebhooks(tx);
  return (event) =>
    webhooks
      .filter(({ webhook, after }) => event.sequence > after && wants(webhook, event))
      .map(({ webhook }) => webhook.id);
}

async function deliver(
  tx: Queryable,
  to: { readonly event: KippuEvent; readonly channel: NoticeChannel; readonly destination: string },
  { clock, random }: Settling,
): Promise<void> {
  await tx.run(
    `insert into kippu.deliveries (id, event_sequence, channel, destination, webhook_id, state, round, round_began_at_ms, tries,
       due_at_ms, created_at_ms)
     values (:id, :sequence, :channel, :destination, :webhookId, 'pending', 1, :nowMs, 0, :nowMs, :nowMs)
     on conflict (event_sequence, destination) do nothing`,
    {
      id: newId('dlv', random),
      sequence: to.event.sequence,
      channel: to.channel,
      destination: to.destination,
      webhookId: to.channel === 'webhook' ? to.destination : null,
      nowMs: clock.nowMs(),
    },
  );
}
