-- Telling others what happened: where webhooks go, and one delivery for each event and destination.
-- The unique constraint is the promise that fanning out, however often it is begun, makes one delivery of each.

create table webhooks (
  id text primary key,
  url text not null,
  -- JSON; absent: every type, every connection.
  event_types text,
  connections text,
  -- The secrets, the newest first; the second signs too until the overlap ends.
  generation text not null,
  sealed blob not null,
  overlap_ends_at_ms integer,
  -- What happened up to here is not delivered.
  after_sequence integer not null,
  -- The receiver asked not to be called before.
  hold_until_ms integer,
  created_at_ms integer not null,
  disabled_at_ms integer,
  disabled_because text,
  check ((disabled_at_ms is null) = (disabled_because is null))
) strict, without rowid;

-- How far the events have been fanned out, for each kind of destination.
create table notice_cursors (
  channel text primary key check (channel in ('webhook', 'mail')),
  sequence integer not null
) strict, without rowid;

insert into notice_cursors (channel, sequence) select 'webhook', coalesce(max(sequence), 0) from events;

create table deliveries (
  id text primary key,
  event_sequence integer not null references events (sequence),
  channel text not null check (channel in ('webhook', 'mail')),
  -- A webhook's id, or a mail address.
  destination text not null,
  webhook_id text references webhooks (id) on delete cascade,
  state text not null check (state in ('pending', 'delivered', 'failed')),
  -- Raised by every redelivery: an attempt of an earlier round changes nothing any more.
  round integer not null,
  round_began_at_ms integer not null,
  -- Failed attempts of this round.
  tries integer not null,
  due_at_ms integer,
  -- Somebody is sending it, and is not waited for longer than this.
  taken_until_ms integer,
  attempted_at_ms integer,
  last_status integer,
  last_error text,
  created_at_ms integer not null,
  ended_at_ms integer,
  unique (event_sequence, destination),
  check ((state = 'pending') = (due_at_ms is not null)),
  check ((state = 'pending') = (ended_at_ms is null)),
  check (state = 'pending' or taken_until_ms is null),
  check ((channel = 'webhook') = (webhook_id is not null))
) strict, without rowid;

-- A lane is what waits for one destination. Finding those with something due costs as much as there are lanes,
-- whether each holds one delivery or a million.
create index deliveries_lanes on deliveries (channel, destination, due_at_ms) where due_at_ms is not null;
create index deliveries_in_order on deliveries (destination, event_sequence) where due_at_ms is not null;
create index deliveries_taken on deliveries (destination, taken_until_ms) where taken_until_ms is not null;
create index deliveries_by_destination on deliveries (destination, event_sequence);
create index deliveries_of_webhook on deliveries (webhook_id) where webhook_id is not null;
create index deliveries_ended on deliveries (ended_at_ms) where ended_at_ms is not null;
create index deliveries_failed on deliveries (channel, ended_at_ms) where state = 'failed';

create table delivery_attempts (
  delivery_id text not null references deliveries (id) on delete cascade,
  number integer not null,
  started_at_ms integer not null,
  ended_at_ms integer not null,
  -- Of HTTP or SMTP; absent: no answer.
  status integer,
  error text,
  primary key (delivery_id, number)
) strict, without rowid;
