-- The archive as a table: gzip JSON lines where the function wrote them. Nothing is copied or loaded.
-- Only the columns that the report needs are declared; the JSON SerDe leaves the others alone.
CREATE EXTERNAL TABLE IF NOT EXISTS ${Database}.archive (
  event_id string,
  scheduled_departure string,
  departure_delay int,
  arrival_delay int,
  carrier string,
  airline string,
  flight int,
  tailnum string,
  origin string,
  dest string,
  distance int,
  air_time int,
  delay_class string,
  temperature_f double,
  wind_speed_mph double,
  precipitation_in double,
  visibility_mi double
)
PARTITIONED BY (month string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://${Bucket}/archive/'
