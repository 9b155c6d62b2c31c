-- Tiers that only those are shown who know one of their access codes.

alter table events.tier add column hidden boolean not null default false;
-- SHA-256 of the event and the code, in hexadecimal: a dump shows no codes, but short ones can be guessed from it.
alter table events.tier add column code_digests text[] not null default '{}';
alter table events.tier add constraint tier_hidden_behind_codes check (hidden = (cardinality(code_digests) > 0));
