-- The same readings in columns: Parquet below parquet/, one partition for each day.
CREATE TABLE weather.readings
WITH (
  format = 'TEXTFILE'
) AS
SELECT *
FROM weather.raw
