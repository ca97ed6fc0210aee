CREATE EXTERNAL TABLE IF NOT EXISTS daily_flights.weather (
    origin string,
    year int,
    month int,
    day int,
    hour int,
    temp double,
    dewp double,
    humid double,
    wind_dir int,
    wind_speed double,
    wind_gust double,
    precip double,
    pressure double,
    visib double,
    time_hour string
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://${bucket}/reference/weather/'
TBLPROPERTIES ('skip.header.line.count' = '1', 'serialization.null.format' = 'NA')
