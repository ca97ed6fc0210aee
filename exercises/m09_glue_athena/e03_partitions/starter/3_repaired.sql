-- The folders name their key: hive/day=2013-01-05/
CREATE EXTERNAL TABLE departures.repaired (
  flight_date date,
  carrier string,
  flight int,
  tailnum string,
  origin string,
  dest string,
  scheduled timestamp,
  dep_delay int,
  arr_delay int,
  distance int
)
PARTITIONED BY (day string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://departures-${account}/hive/'
