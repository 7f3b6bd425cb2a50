-- Cookie mode: which token set of a session its browser has shown that it holds. The tokens themselves live in the
-- browser's cookie; the session's row in `credentials` holds them only while a renewal needs them, and until the browser
-- has presented what that brought.

create table kippu.ledger (
  connection_id text collate "C" primary key references kippu.connections (id),
  -- The latest version that a request has brought, since when, and which one was the latest before it.
  presented_version integer not null,
  presented_at_ms bigint not null,
  previous_version integer,
  -- The latest spent one that came back, and was reported.
  reused_version integer,
  holds_tokens integer not null check (holds_tokens in (0, 1)),
  -- After this no cookie of the session is good any more, and all of it is forgotten.
  ends_at_ms bigint not null
);

create index ledger_ended on kippu.ledger (ends_at_ms);
create index ledger_holding on kippu.ledger (presented_at_ms) where holds_tokens = 1;

-- The number that the latest event got. A ledger forgets events, and a number that was seen must not come again.
create table kippu.event_numbers (
  only_row integer primary key check (only_row = 1),
  last bigint not null
);

insert into kippu.event_numbers (only_row, last) select 1, coalesce(max(sequence), 0) from kippu.events;
