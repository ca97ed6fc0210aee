-- The same flights in columns, Parquet, one folder per month.
-- Delivery is at least once, so a batch that was cut differently at a second attempt can have left an
-- event twice in the archive: keep one of each event_id.
-- There is no external_location on purpose. A CTAS refuses a location that is not empty; without one,
-- Athena takes a new folder, tables/<query id>/, under the query's result location, so that this can
-- run every night.
CREATE TABLE ${Database}.flights
WITH (
  format = 'PARQUET',
  write_compression = 'SNAPPY',
  partitioned_by = ARRAY['month']
) AS
SELECT
  event_id,
  -- A timestamp in a table of Athena has no time zone. This is the airport's local time, as passengers
  -- and the partitions have it: "2013-01-01T05:15:00-05:00" without its offset.
  date_parse(substr(scheduled_departure, 1, 19), '%Y-%m-%dT%H:%i:%s') AS scheduled_departure,
  departure_delay, arrival_delay, carrier, airline, flight, tailnum, origin, dest, distance, air_time,
  delay_class,
  temperature_f, wind_speed_mph, precipitation_in, visibility_mi,
  substr(scheduled_departure, 1, 10) AS dt,
  month
FROM (
  SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY month) AS copy
  FROM ${Database}.archive
)
WHERE copy = 1
