CREATE EXTERNAL TABLE schedule.flights (
  event_id string,
  flight_date date,
  carrier string,
  origin string,
  dest string,
  dep_delay int
)
STORED AS PARQUET
LOCATION 's3://schedule-lake-${account}/hive/'
