-- The heart: who is connected, the sealed tokens, and the durable steps of their renewal.
-- Tokens live in `credentials` alone, so that no unrelated write can ever revert a rotated pair. Instants are
-- milliseconds since the epoch.

create table home (
  only_row integer primary key check (only_row = 1),
  store_id text not null,
  identity text,
  stamp text,
  key_check blob not null,
  key_check_generation text not null,
  fingerprint_key blob not null,
  fingerprint_key_generation text not null
) strict;

create table nodes (
  id text primary key,
  spool_empty_at_ms integer not null
) strict, without rowid;

create table provider_apps (
  id text primary key,
  provider text not null,
  issuer text not null,
  client_id text not null,
  secret_hash text not null,
  misconfigured_since_ms integer,
  error text,
  hold_until_ms integer,
  held_for_operator integer not null default 0
) strict, without rowid;

create table connections (
  id text primary key,
  name text not null unique,
  provider text not null,
  provider_app_id text not null references provider_apps (id),
  owner text not null,
  subject text,
  handle text,
  state text not null check (state in ('active', 'uncertain', 'reauth_required', 'revoked')),
  state_reason text,
  scopes text not null,
  policy text not null check (policy in ('on-use', 'always')),
  metadata text not null,
  granted_at_ms integer not null,
  last_renewed_at_ms integer,
  renewals integer not null default 0,
  jitter real not null,
  created_at_ms integer not null
) strict, without rowid;

create index connections_by_subject on connections (provider_app_id, subject);
create index connections_by_owner on connections (owner, id);

create table credentials (
  connection_id text primary key references connections (id),
  version integer not null,
  -- The version with which this grant began: raised by every consent.
  grant_version integer not null,
  fence integer not null,
  generation text not null,
  sealed blob not null,
  access_fingerprint text not null,
  refresh_fingerprint text,
  access_issued_at_ms integer not null,
  access_expires_at_ms integer,
  access_refused_at_ms integer,
  refresh_absolute_ends_at_ms integer,
  refresh_idle_ends_at_ms integer,
  hold_until_ms integer,
  failures integer not null default 0,
  lease_fence integer,
  lease_expires_at_ms integer,
  lease_holder text,
  attempt_id text,
  due_at_ms integer
) strict, without rowid;

-- Claiming what is due costs the same whether the table holds a hundred rows or a million.
create index credentials_due on credentials (due_at_ms) where due_at_ms is not null;
create unique index credentials_by_refresh on credentials (refresh_fingerprint) where refresh_fingerprint is not null;

-- A refresh token that was presented and replaced. Never presented again, by anybody; seen again, it is a theft signal.
create table spent_tokens (
  fingerprint text primary key,
  connection_id text not null references connections (id),
  spent_at_ms integer not null
) strict, without rowid;

create table attempts (
  id text primary key,
  connection_id text not null references connections (id),
  purpose text not null,
  version integer not null,
  fence integer not null,
  parent_fingerprint text not null,
  sender text not null,
  started_at_ms integer not null,
  ended_at_ms integer,
  outcome text,
  error text,
  replays integer not null
) strict, without rowid;

create index attempts_by_connection on attempts (connection_id, started_at_ms);
create index attempts_rejected on attempts (ended_at_ms) where outcome = 'rejected';

create table orphans (
  id text primary key,
  connection_id text not null references connections (id),
  provider_app_id text not null,
  owner text not null,
  generation text not null,
  sealed blob not null,
  parent_fingerprint text not null,
  refresh_fingerprint text unique,
  -- Of the credential that the renewal was claimed for: tells an earlier grant's orphans from this one's.
  version integer not null,
  tokens text not null,
  arrived_at_ms integer not null,
  tried integer not null default 0
) strict, without rowid;

create index orphans_by_connection on orphans (connection_id, arrived_at_ms);

create table consents (
  id text primary key,
  state text not null,
  failure text,
  failure_detail text,
  provider text not null,
  provider_app_id text not null,
  owner text not null,
  name text,
  connection_id text,
  scopes text not null,
  redirect_uri text not null,
  return_url text,
  state_hash text unique,
  browser_hash text,
  redeem_hash text,
  sealed blob,
  generation text,
  attached_to text,
  created_at_ms integer not null,
  expires_at_ms integer not null,
  answered_at_ms integer,
  ask_after_ms integer
) strict, without rowid;

create index consents_unfinished on consents (expires_at_ms) where state not in ('attached', 'failed');
create index consents_pending on consents (answered_at_ms) where state = 'pending';
create index consents_ended on consents (created_at_ms) where state in ('attached', 'failed');

-- The outbox, which is also the record of what happened. `happening` makes each happening one event.
create table events (
  sequence integer primary key autoincrement,
  id text not null unique,
  happening text not null unique,
  type text not null,
  at_ms integer not null,
  connection_id text,
  post_id text,
  data text not null
) strict;

create index events_by_connection on events (connection_id, sequence);

create table api_keys (
  id text primary key,
  name text not null,
  scopes text not null,
  connections text,
  hash text not null unique,
  created_at_ms integer not null,
  revoked_at_ms integer
) strict, without rowid;

create table sessions (
  hash text primary key,
  kind text not null check (kind in ('link', 'browser')),
  expires_at_ms integer not null
) strict, without rowid;
