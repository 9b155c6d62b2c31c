-- Who has bought places of an event can be read in order, a page at a time, also where one section has sold 100 000.
--
-- The index by which expired claims are found gets the booking and line behind: settled claims (expires_at is null) of
-- a resource then stand in order of their bookings. 20 bytes more in an index that is there, and not one more that every
-- confirmation writes to. It is made anew under a lock: some seconds for a million claims, in which nothing is sold.

drop index engine.stock_claim_by_stock;
create index stock_claim_by_stock on engine.stock_claim
  (tenant_id, resource_id, bucket, expires_at, booking_id, line_no) where (units > 0);
