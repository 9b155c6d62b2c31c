-- A window's claims are those that end in it and the one that reaches over its end. Looking for that one in the index of all
-- claims is a second descent for each room, which was a third of a grid of 1 000 rooms. One that takes a day at most is found
-- where the others are, a day further on; this index knows the few that take longer.
-- Building it reads all claims once and blocks bookings meanwhile.
create index interval_claim_long on engine.interval_claim (tenant_id, resource_id, ends_at)
  include (starts_at, expires_at, booking_id)
  where ends_at > '-infinity' and ends_at - starts_at > interval '24:00:00';
