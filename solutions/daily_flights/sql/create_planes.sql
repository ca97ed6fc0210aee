CREATE EXTERNAL TABLE IF NOT EXISTS daily_flights.planes (
    tailnum string,
    year int,
    type string,
    manufacturer string,
    model string,
    engines int,
    seats int,
    speed int,
    engine string
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://${bucket}/reference/planes/'
TBLPROPERTIES ('skip.header.line.count' = '1', 'serialization.null.format' = 'NA')
