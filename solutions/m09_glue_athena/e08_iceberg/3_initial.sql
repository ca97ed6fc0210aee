-- The departures as they were planned.
CREATE EXTERNAL TABLE schedule.initial (
  event_id string,
  flight_date date,
  carrier string,
  origin string,
  dest string,
  dep_delay int
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://schedule-lake-${account}/initial/'
