-- Where the seats of a section are drawn: apart from its rows, which every sale and every scan reads.

alter table events.section add column plan jsonb; -- {"at": {"x": 0, "y": 500}, "rows": [{"points": [[0, 0], [950, 0]]}, ...]}
alter table events.section add constraint section_plan_of_rows check (plan is null or layout is not null);
-- As the venue had it when the event was made: whoever has a seat finds it, whatever becomes of the venue.
alter table events.event_section add column plan jsonb;
