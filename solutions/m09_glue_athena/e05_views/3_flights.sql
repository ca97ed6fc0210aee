CREATE EXTERNAL TABLE analytics.flights (
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
LOCATION 's3://analytics-lake-${account}/flights/'
