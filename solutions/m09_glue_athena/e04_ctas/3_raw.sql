-- One reading an hour and airport. What was not measured is NA in the files, and NULL here.
CREATE EXTERNAL TABLE weather.raw (
  day string,
  hour int,
  origin string,
  temp double,
  dewp double,
  humid double,
  wind_speed double,
  precip double,
  pressure double,
  visib double
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://weather-archive-${account}/raw/'
