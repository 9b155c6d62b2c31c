-- Who has places of an event is looked for by name, also by that of somebody to whom a ticket was given.
--
-- Only tickets that were given away are in the index. It is made under a lock, in which no ticket is scanned or given away:
-- a second for a million of them.

create index ticket_by_place on events.ticket (tenant_id, place_id) where email is not null;
