-- When an attempt began by the clock that never jumps, which all processes of one boot of one machine share.
alter table attempts add column started_monotonic_ms integer;
