-- No partition is kept anywhere: Athena computes them from the range and the template.
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
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy/MM/dd',
  'projection.day.range' = '2013/01/01,NOW',
  'storage.location.template' = 's3://departures-${account}/plain/${day}/'
)
