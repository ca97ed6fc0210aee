-- The first hundred days, in columns. The partition key comes last.
CREATE TABLE weather.readings
WITH (
  format = 'PARQUET',
  write_compression = 'ZSTD',
  external_location = 's3://weather-archive-${account}/parquet/',
  partitioned_by = ARRAY['day']
) AS
SELECT hour, origin, temp, dewp, humid, wind_speed, precip, pressure, visib, day
FROM weather.raw
WHERE day BETWEEN '${first}' AND '${last}'
