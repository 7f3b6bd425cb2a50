-- What is kept of renewals that are over is forgotten after a time. Attempts are found by their connection, and their
-- events by their happening: a renewal writes into no further index for it, but for this one, to which it only appends.
create index spent_tokens_by_time on spent_tokens (spent_at_ms);

-- How far the round of forgetting has come, which visits one connection after the other. No row: none has begun yet.
create table forgetting (
  only_row integer primary key check (only_row = 1),
  -- The connections up to this one have been visited in this round.
  after_id text not null,
  -- When the round goes on; when it is over, when the next one begins.
  due_at_ms integer not null,
  -- Attempts and fingerprints that this round has forgotten so far.
  forgotten integer not null,
  last_ended_at_ms integer,
  last_forgotten integer,
  check ((last_ended_at_ms is null) = (last_forgotten is null))
) strict;
