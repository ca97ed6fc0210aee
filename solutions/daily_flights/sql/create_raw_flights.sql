CREATE EXTERNAL TABLE IF NOT EXISTS daily_flights.raw_flights (
    year int,
    month int,
    day int,
    dep_time int,
    sched_dep_time int,
    dep_delay int,
    arr_time int,
    sched_arr_time int,
    arr_delay int,
    carrier string,
    flight int,
    tailnum string,
    origin string,
    dest string,
    air_time int,
    distance int,
    hour int,
    minute int,
    time_hour string
)
PARTITIONED BY (file_day string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://${bucket}/raw/flights/'
TBLPROPERTIES ('skip.header.line.count' = '1', 'serialization.null.format' = 'NA')
