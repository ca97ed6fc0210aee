-- The first line of each file is its header: without the property it would be a row of NULLs.
CREATE EXTERNAL TABLE flights_lake.flights (
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
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://flights-lake-${account}/raw/flights/'
TBLPROPERTIES ('skip.header.line.count' = '1')
