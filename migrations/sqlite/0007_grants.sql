-- What a connection rests on: a user's consent, the app itself (client credentials), or a static API key. It decides what
-- a renewal presents, and it is known without opening what is sealed.

alter table connections add column rests_on text not null default 'consent'
  check (rests_on in ('consent', 'app', 'key'));
