-- One statement. ${account} is replaced by the account.
CREATE EXTERNAL TABLE design.visits (
  airport string,
  gate string,
  at timestamp,
  passengers int
)
PARTITIONED BY (day string)
STORED AS PARQUET
LOCATION 's3://open-lake-${account}/visits/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = '2025-01-01,NOW'
)
