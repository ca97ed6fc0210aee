-- Bring the updates into the table: changed and new flights, and those that were cancelled.
MERGE INTO schedule.flights AS t
USING schedule.updates AS s
ON t.event_id = s.event_id
WHEN MATCHED THEN UPDATE SET dep_delay = s.dep_delay
