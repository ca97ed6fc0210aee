-- The folders are dates without a key, plain/2013/01/05/, which MSCK does not see:
-- add_partitions.py says which folder is which day.
CREATE EXTERNAL TABLE departures.added (
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
LOCATION 's3://departures-${account}/plain/'
