-- What `kippu doctor` asks over all connections is found without reading all of them: those that need somebody, by their
-- state; and renewals that nobody has an answer of. A renewal writes into the second one when it is claimed.
create index connections_by_state on kippu.connections (state, id);
create index attempts_without_answer on kippu.attempts (connection_id) where outcome is null or outcome = 'unanswered';
