-- Of which time a booking's change is: a look at another week stays as it is. Null where it touches no time line, where that is
-- not known, and in every change that was written before.
alter table engine.change add column starts_at timestamptz;
alter table engine.change add column ends_at timestamptz;
