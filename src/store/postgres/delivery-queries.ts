import type { DeliveryId } from '../../model/ids.ts';
import type { ChannelBacklog, NoticeBacklog, NoticeStore, TakeDue } from '../../model/notice-store.ts';
import { NOTICE_CHANNELS, type Delivery, type NoticeChannel, type TakenDelivery } from '../../model/notice.ts';
import { integer, integerOrNone, text } from '../rows/columns.ts';
import { deliveryAttemptOf, deliveryOf } from '../rows/delivery-rows.ts';
import type { Settling } from '../settling.ts';
import type { PostgresDatabase, Queryable, Row } from './database.ts';
import { settleDelivery } from './delivery-settlement.ts';
import { numberEvents } from './event-queries.ts';
import { fanOut, isFannedOut } from './fan-out.ts';
import { takeTurn } from './turns.ts';

type DeliveryStore = Pick<
  NoticeStore,
  | 'fanOut'
  | 'takeDue'
  | 'settleDelivery'
  | 'deliveries'
  | 'delivery'
  | 'deliveryAttempts'
  | 'redeliver'
  | 'forgetDeliveries'
  | 'backlog'
>;

export function postgresDeliveryStore(db: PostgresDatabase, settling: Settling): DeliveryStore {
  const { clock } = settling;
  return {
    // Both are asked several times a second and mostly find nothing: that is seen without locking others out.
    async fanOut(plan) {
      if (await isFannedOut(db, plan.channel)) return 0;
      await numberEvents(db);
      return db.write((tx) => fanOut(tx, plan, settling));
    },
    takeDue: async (take) =>
      (await hasDue(db, take, clock.nowMs())) ? db.write((tx) => takeDue(tx, take, clock.nowMs())) : [],
    settleDelivery: (settlement) => db.write((tx) => settleDelivery(tx, settlement, clock.nowMs())),
    async deliveries({ destination, state, before = Number.MAX_SAFE_INTEGER, limit }) {
      const filter = state === undefined ? '' : 'and d.state = :state';
      const rows = await db.all(
        `${SELECT} where d.destination = :destination and d.event_sequence < :before ${filter}
         order by d.event_sequence desc limit :limit`,
        { destination, before, limit, ...(state === undefined ? {} : { state }) },
      );
      return rows.map(deliveryOf);
    },
    delivery: (id) => readDelivery(db, id),
    async deliveryAttempts(id) {
      return (
        await db.all('select * from kippu.delivery_attempts where delivery_id = :id order by number', { id })
      ).map(deliveryAttemptOf);
    },
    redeliver: (id) => db.write((tx) => redeliver(tx, id, clock.nowMs())),
    forgetDeliveries: (endedBeforeMs, limit) =>
      db.write(
        async (tx) =>
          await tx.run(
            `delete from kippu.deliveries where id in (
             select id from kippu.deliveries where ended_at_ms is not null and ended_at_ms < :endedBeforeMs
             order by ended_at_ms limit :limit)`,
            { endedBeforeMs, limit },
          ),
      ),
    async backlog() {
      await numberEvents(db);
      return backlog(db);
    },
  };
}

const SELECT = `select d.*, e.id as event_id, e.type as event_type, e.at_ms as event_at_ms, e.connection_id, e.post_id, e.data
  from kippu.deliveries d join kippu.events e on e.sequence = d.event_sequence`;

/** One taker at a time: that a lane is in nobody's hands is a promise about rows that another taker has not written yet. */
async function takeDue(
  tx: Queryable,
  { channels, untilMs, limit, probeBeforeMs }: TakeDue,
  nowMs: number,
): Promise<TakenDelivery[]> {
  await takeTurn(tx, 'taking of deliveries');
  const lanes: DueLane[] = [];
  for (const channel of channels) lanes.push(...(await dueLanes(tx, { channel, nowMs, limit })));
  lanes.sort((one, other) => one.sinceMs - other.sinceMs);
  const taken: TakenDelivery[] = [];
  for (const { destination } of lanes.slice(0, limit)) {
    const row = await nextOf(tx, destination, { nowMs, probeBeforeMs });
    if (row === undefined) continue;
    await tx.run('update kippu.deliveries set taken_until_ms = :untilMs, attempted_at_ms = :nowMs where id = :id', {
      id: text(row, 'id'),
      untilMs,
      nowMs,
    });
    const dueAtMs = integer(row, 'due_at_ms');
    taken.push({ ...deliveryOf(row), dueAtMs, takenUntilMs: untilMs, isProbe: dueAtMs > nowMs });
  }
  return taken;
}

/** The oldest of the lane, if it is due or was not tried for a while; else the oldest of those that are due. */
async function nextOf(
  tx: Queryable,
  destination: string,
  { nowMs, probeBeforeMs }: { readonly nowMs: number; readonly probeBeforeMs: number },
): Promise<Row | undefined> {
  const oldest = await tx.get(
    `${SELECT} where d.destination = :destination and d.due_at_ms is not null
     order by d.event_sequence limit 1 for no key update of d`,
    { destination },
  );
  if (oldest === undefined || integer(oldest, 'due_at_ms') <= nowMs) return oldest;
  const attemptedAtMs = integerOrNone(oldest, 'attempted_at_ms');
  if (attemptedAtMs !== undefined && attemptedAtMs <= probeBeforeMs) return oldest;
  return await tx.get(
    `${SELECT} where d.destination = :destination and d.due_at_ms is not null and d.due_at_ms <= :nowMs
     order by d.event_sequence limit 1 for no key update of d`,
    { destination, nowMs },
  );
}

async function hasDue(db: Queryable, { channels }: TakeDue, nowMs: number): Promise<boolean> {
  for (const channel of channels) if ((await dueLanes(db, { channel, nowMs, limit: 1 })).length > 0) return true;
  return false;
}

interface DueLane {
  readonly destination: string;
  /** What is due longest there. */
  readonly sinceMs: number;
}

/** Goes from one destination to the next in the index: it costs as much as there are destinations, not deliveries. */
async function dueLanes(
  tx: Queryable,
  { channel, nowMs, limit }: { readonly channel: NoticeChannel; readonly nowMs: number; readonly limit: number },
): Promise<DueLane[]> {
  const rows = await tx.all(
    `with recursive lanes (destination) as (
       select min(destination) from kippu.deliveries where due_at_ms is not null and channel = :channel
       union all
       select (select min(d.destination) from kippu.deliveries d
               where d.due_at_ms is not null and d.channel = :channel and d.destination > lanes.destination)
       from lanes where lanes.destination is not null
     ),
     due (destination, since_ms) as (
       select destination, (select min(d.due_at_ms) from kippu.deliveries d
                            where d.due_at_ms is not null and d.channel = :channel and d.destination = lanes.destination)
       from lanes where destination is not null
     )
     select destination, since_ms from due
     where since_ms <= :nowMs
       and not exists (select 1 from kippu.deliveries d
                       where d.destination = due.destination and d.taken_until_ms is not null and d.taken_until_ms > :nowMs)
       and not exists (select 1 from kippu.webhooks w where w.id = due.destination and w.hold_until_ms > :nowMs)
     order by since_ms limit :limit`,
    { channel, nowMs, limit },
  );
  return rows.map((row) => ({ destination: text(row, 'destination'), sinceMs: integer(row, 'since_ms') }));
}

async function redeliver(tx: Queryable, id: DeliveryId, nowMs: number): Promise<Delivery | undefined> {
  const changed = await tx.run(
    `update kippu.deliveries set state = 'pending', round = round + 1, round_began_at_ms = :nowMs, tries = 0, due_at_ms = :nowMs,
       taken_until_ms = null, ended_at_ms = null
     where id = :id and not exists (select 1 from kippu.webhooks w where w.id = webhook_id and w.disabled_at_ms is not null)`,
    { id, nowMs },
  );
  return changed === 1 ? await readDelivery(tx, id) : undefined;
}

async function backlog(db: Queryable): Promise<NoticeBacklog> {
  const waiting = await db.get(
    `select count(*) as events, min(at_ms) as oldest_at_ms from kippu.events
     where sequence > (select sequence from kippu.notice_cursors where channel = 'webhook')`,
  );
  const channels: [NoticeChannel, ChannelBacklog][] = [];
  for (const channel of NOTICE_CHANNELS) channels.push([channel, await backlogOf(db, channel)]);
  return {
    eventsWaiting: waiting === undefined ? 0 : integer(waiting, 'events'),
    oldestEventAtMs: waiting === undefined ? undefined : integerOrNone(waiting, 'oldest_at_ms'),
    channels: Object.fromEntries(channels) as Record<NoticeChannel, ChannelBacklog>,
  };
}

async function backlogOf(db: Queryable, channel: NoticeChannel): Promise<ChannelBacklog> {
  const pending = await db.get(
    `select count(*) as count, min(created_at_ms) as oldest_at_ms from kippu.deliveries
     where due_at_ms is not null and channel = :channel`,
    { channel },
  );
  const failed = await db.get(
    `select count(*) as count from kippu.deliveries where state = 'failed' and channel = :channel`,
    {
      channel,
    },
  );
  return {
    pending: pending === undefined ? 0 : integer(pending, 'count'),
    oldestPendingAtMs: pending === undefined ? undefined : integerOrNone(pending, 'oldest_at_ms'),
    failed: failed === undefined ? 0 : integer(failed, 'count'),
  };
}

async function readDelivery(db: Queryable, id: DeliveryId): Promise<Delivery | undefined> {
  const row = await db.get(`${SELECT} where d.id = :id`, { id });
  return row === undefined ? undefined : deliveryOf(row);
}
