-- Partitions that nobody adds: say how they are computed.
CREATE EXTERNAL TABLE departures.projected (
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
TBLPROPERTIES (
  'projection.enabled' = 'false'
)
