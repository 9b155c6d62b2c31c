-- Reports of one kind may be asked for some of its things only, and tell medians, which no sum tells. So beside what the
-- lines of a stretch add up to stands, of those that are for one thing from a start to an end, each by itself: four arrays
-- of equal length.
--
-- Everything is summed again, in some minutes at most. A version before this one that still runs cannot keep sums, says so
-- in its log, and goes on to read its report from the bookings.

truncate engine.booked_stretch, engine.booked;

alter table engine.booked
  add thing_ids uuid[] not null, -- what the line is for, as its details name it: the roomId of a room
  -- What became of it: 1 it stands, 2 it was cancelled, 4 declined, 8 nobody came, 16 somebody came, added up.
  add outcomes smallint[] not null,
  add leads_ms bigint[] not null, -- from booking to start
  add lasts_ms bigint[] not null, -- from start to end
  add constraint booked_lines_whole check (cardinality(outcomes) = cardinality(thing_ids)
    and cardinality(leads_ms) = cardinality(thing_ids) and cardinality(lasts_ms) = cardinality(thing_ids)),
  -- Ids do not get smaller, and a report unpacks all of them.
  alter thing_ids set storage external,
  alter outcomes set storage external,
  alter leads_ms set storage external,
  alter lasts_ms set storage external;
