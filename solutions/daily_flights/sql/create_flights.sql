CREATE EXTERNAL TABLE IF NOT EXISTS daily_flights.flights (
    flight_date date,
    carrier string,
    flight int,
    tailnum string,
    origin string,
    dest string,
    hour int,
    dep_delay int,
    arr_delay int,
    distance int
)
PARTITIONED BY (month string)
STORED AS PARQUET
LOCATION 's3://${bucket}/flights/'
TBLPROPERTIES ('parquet.compression' = 'SNAPPY')
