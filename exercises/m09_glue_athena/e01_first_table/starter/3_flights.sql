-- The first line of each file is its header.
CREATE EXTERNAL TABLE flights_lake.flights (
  flight_date string,
  carrier string
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://flights-lake-${account}/'
