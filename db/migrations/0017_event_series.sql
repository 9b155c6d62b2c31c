-- The same event on many dates: each is an event of its own, and knows of which series it is.

alter table events.event add column series_id uuid;
create index event_by_series on events.event (tenant_id, series_id, starts_at, id) where series_id is not null;
