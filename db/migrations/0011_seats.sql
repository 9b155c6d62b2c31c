-- What an event says of single seats: those that are not sold, price categories, and whether a seat may be left alone.

alter table events.event add column orphan_rule text not null default 'off' check (orphan_rule in ('off', 'on'));

-- Sections of one category have one price, and the best seats are looked for in all of them.
alter table events.event_section add column category text check (length(category) between 1 and 100);

-- Seats that are not sold as others are. Only a mark: their stock stays as it is, and the guard of the event makes every
-- sale that did not see the mark look again.
create table events.seat_mark (
  tenant_id uuid not null,
  event_id uuid not null,
  seat_id uuid not null,
  mark text not null check (mark in ('killed', 'house')), -- killed: for nobody; house: for staff who name it
  marked_at timestamptz not null,
  primary key (tenant_id, event_id, seat_id),
  foreign key (tenant_id, event_id) references events.event on delete cascade
);

alter table events.seat_mark enable row level security;
alter table events.seat_mark force row level security;
create policy tenant_wall on events.seat_mark
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, update, delete on events.seat_mark to holdfast_app;
