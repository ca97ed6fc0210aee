-- Of several updates of one flight only the last counts: MERGE refuses two matches for one row.
MERGE INTO schedule.flights AS t
USING (
  SELECT *
  FROM (
    SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY seq DESC) AS place
    FROM schedule.updates
  )
  WHERE place = 1
) AS s
ON t.event_id = s.event_id
WHEN MATCHED AND s.status = 'cancelled' THEN DELETE
WHEN MATCHED THEN UPDATE SET dep_delay = s.dep_delay
WHEN NOT MATCHED AND s.status <> 'cancelled' THEN
  INSERT (event_id, flight_date, carrier, origin, dest, dep_delay)
  VALUES (s.event_id, s.flight_date, s.carrier, s.origin, s.dest, s.dep_delay)
