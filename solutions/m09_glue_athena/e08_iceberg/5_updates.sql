-- What has become of them: status is changed, new or cancelled; seq grows with time.
CREATE EXTERNAL TABLE schedule.updates (
  event_id string,
  flight_date date,
  carrier string,
  origin string,
  dest string,
  dep_delay int,
  status string,
  seq int
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://schedule-lake-${account}/updates/'
