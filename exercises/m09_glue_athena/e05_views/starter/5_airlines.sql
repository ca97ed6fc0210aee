CREATE EXTERNAL TABLE analytics.airlines (
  carrier string,
  name string
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://analytics-lake-${account}/airlines/'
