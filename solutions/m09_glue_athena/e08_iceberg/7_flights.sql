-- No EXTERNAL: Iceberg's tables own their files. A partition is a function of a column, and queries
-- filter on the column.
CREATE TABLE schedule.flights (
  event_id string,
  flight_date date,
  carrier string,
  origin string,
  dest string,
  dep_delay int
)
PARTITIONED BY (month(flight_date))
LOCATION 's3://schedule-lake-${account}/flights/'
TBLPROPERTIES ('table_type' = 'ICEBERG', 'format' = 'parquet', 'write_compression' = 'zstd')
