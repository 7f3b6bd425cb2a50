-- Posts, what was sent for them, and the requests that made them.
-- The constraints hold what the promise "never a double post" rests on, whatever a program does: a post is `publishing`
-- only under a lease, each attempt has its own number, and one remote post belongs to one of ours.

create table posts (
  id text primary key,
  connection_id text not null references connections (id),
  version integer not null,
  text text not null,
  reply_to text,
  reply_settings text,
  made_with_ai integer not null check (made_with_ai in (0, 1)),
  status text not null check (
    status in ('draft', 'scheduled', 'needs_approval', 'publishing', 'published', 'unknown', 'failed', 'cancelled')),
  status_reason text,
  status_detail text,
  publish_at_ms integer,
  timezone text,
  latest_at_ms integer,
  due_at_ms integer,
  prepared_at_ms integer,
  delays integer not null,
  fence integer not null,
  lease_expires_at_ms integer,
  lease_holder text,
  unknown_since_ms integer,
  read_backs integer not null,
  read_back_failures integer not null,
  resend_once integer not null check (resend_once in (0, 1)),
  remote_id text,
  remote_url text,
  remote_evidence text check (remote_evidence in ('user', 'timeline', 'answer')),
  cost_micro_usd integer not null,
  created_at_ms integer not null,
  updated_at_ms integer not null,
  published_at_ms integer,
  check ((status = 'publishing') = (lease_expires_at_ms is not null)),
  check ((lease_expires_at_ms is null) = (lease_holder is null)),
  check ((status = 'published') = (remote_id is not null)),
  check ((remote_id is null) = (remote_evidence is null)),
  check (status <> 'scheduled' or (publish_at_ms is not null and latest_at_ms is not null and due_at_ms is not null))
) strict, without rowid;

-- Finding what is due costs the same whether the table holds a hundred posts or a million.
create index posts_due on posts (due_at_ms) where due_at_ms is not null;
create index posts_publishing on posts (lease_expires_at_ms) where status = 'publishing';
create unique index posts_by_remote on posts (connection_id, remote_id) where remote_id is not null;
create index posts_published on posts (connection_id, published_at_ms) where remote_id is not null;
create index posts_by_creation on posts (created_at_ms, id);
create index posts_by_time on posts (publish_at_ms) where publish_at_ms is not null;

-- Written before a byte leaves. `fence` counts a post's attempts.
create table post_attempts (
  post_id text not null references posts (id),
  fence integer not null,
  sender text not null,
  started_at_ms integer not null,
  fingerprint text not null,
  last_known_remote_id text,
  ended_at_ms integer,
  outcome text check (outcome in ('published', 'not_created', 'refused', 'unanswered', 'not_found')),
  reason text,
  detail text,
  remote_id text,
  primary key (post_id, fence),
  check ((outcome is null) = (ended_at_ms is null))
) strict, without rowid;

-- What a repeated request made the first time. A key belongs to the API key that sent it; empty for none.
create table idempotency (
  api_key_id text not null,
  key text not null,
  request_hash text not null,
  post_id text not null references posts (id),
  forget_at_ms integer not null,
  primary key (api_key_id, key)
) strict, without rowid;

create index idempotency_by_end on idempotency (forget_at_ms);
