-- The whole schema as the SQLite store has it after its first seven steps: who is connected, the sealed tokens and the
-- durable steps of their renewal, posts, schedules and series, notices. Instants are milliseconds since the epoch.
--
-- Every name stands in the schema `kippu`; with another schema the prefix is replaced before a statement is sent.
-- Keys sort by their bytes (`collate "C"`): an upgrade of the machine's locale data must not corrupt an index.

create table kippu.home (
  only_row integer primary key check (only_row = 1),
  store_id text not null,
  identity text,
  stamp text,
  key_check bytea not null,
  key_check_generation text not null,
  fingerprint_key bytea not null,
  fingerprint_key_generation text not null
);

create table kippu.nodes (
  id text collate "C" primary key,
  spool_empty_at_ms bigint not null
);

create table kippu.provider_apps (
  id text collate "C" primary key,
  provider text not null,
  issuer text not null,
  client_id text not null,
  secret_hash text not null,
  misconfigured_since_ms bigint,
  error text,
  hold_until_ms bigint,
  held_for_operator integer not null default 0
);

create table kippu.connections (
  id text collate "C" primary key,
  name text collate "C" not null unique,
  provider text not null,
  -- A user's consent, the app itself (client credentials), or a static API key: decides what a renewal presents.
  rests_on text not null default 'consent' check (rests_on in ('consent', 'app', 'key')),
  provider_app_id text collate "C" not null references kippu.provider_apps (id),
  owner text collate "C" not null,
  subject text collate "C",
  handle text,
  state text collate "C" not null check (state in ('active', 'uncertain', 'reauth_required', 'revoked')),
  state_reason text,
  scopes text not null,
  policy text not null check (policy in ('on-use', 'always')),
  metadata text not null,
  granted_at_ms bigint not null,
  last_renewed_at_ms bigint,
  renewals integer not null default 0,
  jitter double precision not null,
  created_at_ms bigint not null
);

create index connections_by_subject on kippu.connections (provider_app_id, subject);
create index connections_by_owner on kippu.connections (owner, id);

create table kippu.credentials (
  connection_id text collate "C" primary key references kippu.connections (id),
  version integer not null,
  -- The version with which this grant began: raised by every consent.
  grant_version integer not null,
  fence integer not null,
  generation text not null,
  sealed bytea not null,
  access_fingerprint text not null,
  refresh_fingerprint text collate "C",
  access_issued_at_ms bigint not null,
  access_expires_at_ms bigint,
  access_refused_at_ms bigint,
  refresh_absolute_ends_at_ms bigint,
  refresh_idle_ends_at_ms bigint,
  hold_until_ms bigint,
  failures integer not null default 0,
  lease_fence integer,
  lease_expires_at_ms bigint,
  lease_holder text,
  attempt_id text collate "C",
  due_at_ms bigint
);

-- Claiming what is due costs the same whether the table holds a hundred rows or a million.
create index credentials_due on kippu.credentials (due_at_ms) where due_at_ms is not null;
create unique index credentials_by_refresh on kippu.credentials (refresh_fingerprint) where refresh_fingerprint is not null;

-- A refresh token that was presented and replaced. Never presented again, by anybody; seen again, it is a theft signal.
create table kippu.spent_tokens (
  fingerprint text collate "C" primary key,
  connection_id text collate "C" not null references kippu.connections (id),
  spent_at_ms bigint not null
);

create table kippu.attempts (
  id text collate "C" primary key,
  connection_id text collate "C" not null references kippu.connections (id),
  purpose text not null,
  version integer not null,
  fence integer not null,
  parent_fingerprint text not null,
  sender text not null,
  started_at_ms bigint not null,
  -- By the clock that never jumps, which all processes of one boot of one machine share.
  started_monotonic_ms bigint,
  ended_at_ms bigint,
  outcome text collate "C",
  error text,
  replays integer not null
);

create index attempts_by_connection on kippu.attempts (connection_id, started_at_ms);
create index attempts_rejected on kippu.attempts (ended_at_ms) where outcome = 'rejected';

create table kippu.orphans (
  id text collate "C" primary key,
  connection_id text collate "C" not null references kippu.connections (id),
  provider_app_id text collate "C" not null,
  owner text collate "C" not null,
  generation text not null,
  sealed bytea not null,
  parent_fingerprint text not null,
  refresh_fingerprint text collate "C" unique,
  -- Of the credential that the renewal was claimed for: tells an earlier grant's orphans from this one's.
  version integer not null,
  tokens text not null,
  arrived_at_ms bigint not null,
  tried integer not null default 0
);

create index orphans_by_connection on kippu.orphans (connection_id, arrived_at_ms);

create table kippu.consents (
  id text collate "C" primary key,
  state text collate "C" not null,
  failure text,
  failure_detail text,
  provider text not null,
  provider_app_id text collate "C" not null,
  owner text collate "C" not null,
  name text collate "C",
  connection_id text collate "C",
  scopes text not null,
  redirect_uri text not null,
  return_url text,
  state_hash text collate "C" unique,
  browser_hash text,
  redeem_hash text,
  sealed bytea,
  generation text,
  attached_to text,
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  answered_at_ms bigint,
  ask_after_ms bigint
);

create index consents_unfinished on kippu.consents (expires_at_ms) where state not in ('attached', 'failed');
create index consents_pending on kippu.consents (answered_at_ms) where state = 'pending';
create index consents_ended on kippu.consents (created_at_ms) where state in ('attached', 'failed');

-- What was wrong with the ID token that a renewal brought. A refusal is of one version of the credential.
create table kippu.id_token_refusals (
  connection_id text collate "C" primary key references kippu.connections (id) on delete cascade,
  version integer not null,
  reason text not null,
  at_ms bigint not null
);

-- The outbox, which is also the record of what happened. `happening` makes each happening one event.
-- A number that was drawn when an event was written could become visible after a higher one, and a reader with a cursor
-- would miss it. So `sequence` is given after the commit, to all events that have none, by one numberer at a time.
create table kippu.events (
  id text collate "C" primary key,
  arrival bigint generated always as identity,
  sequence bigint unique,
  happening text collate "C" not null unique,
  type text not null,
  at_ms bigint not null,
  connection_id text collate "C",
  post_id text collate "C",
  data text not null
);

create index events_unnumbered on kippu.events (arrival) where sequence is null;
create index events_by_connection on kippu.events (connection_id, sequence);
create index events_warnings on kippu.events (connection_id, at_ms) where type = 'connection.reauth_soon';

create table kippu.api_keys (
  id text collate "C" primary key,
  name text collate "C" not null,
  scopes text not null,
  connections text,
  hash text collate "C" not null unique,
  created_at_ms bigint not null,
  revoked_at_ms bigint
);

create table kippu.sessions (
  hash text collate "C" primary key,
  kind text not null check (kind in ('link', 'browser')),
  expires_at_ms bigint not null
);

create table kippu.posts (
  id text collate "C" primary key,
  connection_id text collate "C" not null references kippu.connections (id),
  version integer not null,
  text text not null,
  reply_to text,
  reply_settings text,
  made_with_ai integer not null check (made_with_ai in (0, 1)),
  status text collate "C" not null check (
    status in ('draft', 'scheduled', 'needs_approval', 'publishing', 'published', 'unknown', 'failed', 'cancelled')),
  status_reason text,
  status_detail text,
  publish_at_ms bigint,
  timezone text,
  latest_at_ms bigint,
  due_at_ms bigint,
  prepared_at_ms bigint,
  delays integer not null,
  fence integer not null,
  lease_expires_at_ms bigint,
  lease_holder text,
  unknown_since_ms bigint,
  read_backs integer not null,
  read_back_failures integer not null,
  resend_once integer not null check (resend_once in (0, 1)),
  remote_id text collate "C",
  remote_url text,
  remote_evidence text check (remote_evidence in ('user', 'timeline', 'answer')),
  cost_micro_usd bigint not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  published_at_ms bigint,
  check ((status = 'publishing') = (lease_expires_at_ms is not null)),
  check ((lease_expires_at_ms is null) = (lease_holder is null)),
  check ((status = 'published') = (remote_id is not null)),
  check ((remote_id is null) = (remote_evidence is null)),
  check (status <> 'scheduled' or (publish_at_ms is not null and latest_at_ms is not null and due_at_ms is not null))
);

-- Finding what is due costs the same whether the table holds a hundred posts or a million.
create index posts_due on kippu.posts (due_at_ms) where due_at_ms is not null;
create index posts_publishing on kippu.posts (lease_expires_at_ms) where status = 'publishing';
create unique index posts_by_remote on kippu.posts (connection_id, remote_id) where remote_id is not null;
create index posts_published on kippu.posts (connection_id, published_at_ms) where remote_id is not null;
create index posts_by_creation on kippu.posts (created_at_ms, id);
create index posts_by_time on kippu.posts (publish_at_ms) where publish_at_ms is not null;

-- Written before a byte leaves. `fence` counts a post's attempts.
create table kippu.post_attempts (
  post_id text collate "C" not null references kippu.posts (id),
  fence integer not null,
  sender text not null,
  started_at_ms bigint not null,
  fingerprint text not null,
  last_known_remote_id text,
  ended_at_ms bigint,
  outcome text collate "C" check (outcome in ('published', 'not_created', 'refused', 'unanswered', 'not_found')),
  reason text,
  detail text,
  remote_id text collate "C",
  primary key (post_id, fence),
  check ((outcome is null) = (ended_at_ms is null))
);

-- What a repeated request made the first time. A key belongs to the API key that sent it; empty for none.
create table kippu.idempotency (
  api_key_id text collate "C" not null,
  key text collate "C" not null,
  request_hash text not null,
  post_id text collate "C" not null references kippu.posts (id),
  forget_at_ms bigint not null,
  primary key (api_key_id, key)
);

create index idempotency_by_end on kippu.idempotency (forget_at_ms);

create table kippu.schedules (
  id text collate "C" primary key,
  connection_id text collate "C" not null references kippu.connections (id),
  version integer not null,
  task text not null,
  cron text not null,
  timezone text not null,
  missed text not null check (missed in ('skip', 'once')),
  is_paused integer not null check (is_paused in (0, 1)),
  latest_after_ms bigint not null,
  next_at_ms bigint,
  due_at_ms bigint,
  made integer not null,
  failures integer not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  check (is_paused = 0 or due_at_ms is null)
);

-- Finding what is due costs the same whether the table holds a hundred schedules or a million.
create index schedules_due on kippu.schedules (due_at_ms) where due_at_ms is not null;
create index schedules_by_connection on kippu.schedules (connection_id, next_at_ms);
create index schedules_by_creation on kippu.schedules (created_at_ms, id);

create table kippu.occurrences (
  schedule_id text collate "C" not null references kippu.schedules (id) on delete cascade,
  at_ms bigint not null,
  outcome text collate "C" not null check (outcome in ('post', 'collected', 'missed', 'skipped', 'failed')),
  post_id text collate "C" references kippu.posts (id),
  detail text,
  recorded_at_ms bigint not null,
  primary key (schedule_id, at_ms)
);

-- What an account publishes next, and what it published last but for what is out already.
create index posts_waiting on kippu.posts (connection_id, publish_at_ms)
  where status in ('scheduled', 'needs_approval', 'publishing', 'unknown');

create unique index occurrences_by_post on kippu.occurrences (post_id) where post_id is not null;

create table kippu.metrics (
  connection_id text collate "C" not null references kippu.connections (id),
  measure text collate "C" not null,
  at_ms bigint not null,
  value bigint,
  detail text,
  cost_micro_usd bigint not null,
  primary key (connection_id, measure, at_ms)
);

create table kippu.webhooks (
  id text collate "C" primary key,
  url text not null,
  -- JSON; absent: every type, every connection.
  event_types text,
  connections text,
  -- The secrets, the newest first; the second signs too until the overlap ends.
  generation text not null,
  sealed bytea not null,
  overlap_ends_at_ms bigint,
  -- What happened up to here is not delivered.
  after_sequence bigint not null,
  -- The receiver asked not to be called before.
  hold_until_ms bigint,
  created_at_ms bigint not null,
  disabled_at_ms bigint,
  disabled_because text,
  check ((disabled_at_ms is null) = (disabled_because is null))
);

-- How far the events have been fanned out, for each kind of destination.
create table kippu.notice_cursors (
  channel text collate "C" primary key check (channel in ('webhook', 'mail')),
  sequence bigint not null
);

insert into kippu.notice_cursors (channel, sequence) values ('webhook', 0);

create table kippu.deliveries (
  id text collate "C" primary key,
  event_sequence bigint not null references kippu.events (sequence),
  channel text collate "C" not null check (channel in ('webhook', 'mail')),
  -- A webhook's id, or a mail address.
  destination text collate "C" not null,
  webhook_id text collate "C" references kippu.webhooks (id) on delete cascade,
  state text collate "C" not null check (state in ('pending', 'delivered', 'failed')),
  -- Raised by every redelivery: an attempt of an earlier round changes nothing any more.
  round integer not null,
  round_began_at_ms bigint not null,
  -- Failed attempts of this round.
  tries integer not null,
  due_at_ms bigint,
  -- Somebody is sending it, and is not waited for longer than this.
  taken_until_ms bigint,
  attempted_at_ms bigint,
  last_status integer,
  last_error text,
  created_at_ms bigint not null,
  ended_at_ms bigint,
  unique (event_sequence, destination),
  check ((state = 'pending') = (due_at_ms is not null)),
  check ((state = 'pending') = (ended_at_ms is null)),
  check (state = 'pending' or taken_until_ms is null),
  check ((channel = 'webhook') = (webhook_id is not null))
);

-- A lane is what waits for one destination. Finding those with something due costs as much as there are lanes,
-- whether each holds one delivery or a million.
create index deliveries_lanes on kippu.deliveries (channel, destination, due_at_ms) where due_at_ms is not null;
create index deliveries_in_order on kippu.deliveries (destination, event_sequence) where due_at_ms is not null;
create index deliveries_taken on kippu.deliveries (destination, taken_until_ms) where taken_until_ms is not null;
create index deliveries_by_destination on kippu.deliveries (destination, event_sequence);
create index deliveries_of_webhook on kippu.deliveries (webhook_id) where webhook_id is not null;
create index deliveries_ended on kippu.deliveries (ended_at_ms) where ended_at_ms is not null;
create index deliveries_failed on kippu.deliveries (channel, ended_at_ms) where state = 'failed';

create table kippu.delivery_attempts (
  delivery_id text collate "C" not null references kippu.deliveries (id) on delete cascade,
  number integer not null,
  started_at_ms bigint not null,
  ended_at_ms bigint not null,
  -- Of HTTP or SMTP; absent: no answer.
  status integer,
  error text,
  primary key (delivery_id, number)
);
