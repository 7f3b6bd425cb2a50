-- What was wrong with the ID token that a renewal brought. The renewal itself stands: a rotated refresh token is never
-- given up for a bad ID token. A refusal is of one version of the credential; the next one is looked at anew.

create table id_token_refusals (
  connection_id text primary key references connections (id) on delete cascade,
  version integer not null,
  reason text not null,
  at_ms integer not null
) strict, without rowid;
