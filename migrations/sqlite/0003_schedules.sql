-- Rules that make posts or take measurements again and again, what became of each time that they named, and the series
-- that were collected. The primary key of `occurrences` is the promise that no crash makes one occurrence two posts.

create table schedules (
  id text primary key,
  connection_id text not null references connections (id),
  version integer not null,
  task text not null,
  cron text not null,
  timezone text not null,
  missed text not null check (missed in ('skip', 'once')),
  is_paused integer not null check (is_paused in (0, 1)),
  latest_after_ms integer not null,
  next_at_ms integer,
  due_at_ms integer,
  made integer not null,
  failures integer not null,
  created_at_ms integer not null,
  updated_at_ms integer not null,
  check (is_paused = 0 or due_at_ms is null)
) strict, without rowid;

-- Finding what is due costs the same whether the table holds a hundred schedules or a million.
create index schedules_due on schedules (due_at_ms) where due_at_ms is not null;
create index schedules_by_connection on schedules (connection_id, next_at_ms);
create index schedules_by_creation on schedules (created_at_ms, id);

create table occurrences (
  schedule_id text not null references schedules (id) on delete cascade,
  at_ms integer not null,
  outcome text not null check (outcome in ('post', 'collected', 'missed', 'skipped', 'failed')),
  post_id text references posts (id),
  detail text,
  recorded_at_ms integer not null,
  primary key (schedule_id, at_ms)
) strict, without rowid;

-- What an account publishes next, and what it published last but for what is out already.
create index posts_waiting on posts (connection_id, publish_at_ms)
  where status in ('scheduled', 'needs_approval', 'publishing', 'unknown');

create unique index occurrences_by_post on occurrences (post_id) where post_id is not null;

create table metrics (
  connection_id text not null references connections (id),
  measure text not null,
  at_ms integer not null,
  value integer,
  detail text,
  cost_micro_usd integer not null,
  primary key (connection_id, measure, at_ms)
) strict, without rowid;
