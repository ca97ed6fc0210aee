-- The register of the fleet: quoted CSV with a header.
CREATE EXTERNAL TABLE fleet.raw (
  tailnum string,
  year int,
  type string,
  manufacturer string,
  model string,
  engines int,
  seats int,
  engine string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '"', 'escapeChar' = '\\')
LOCATION 's3://fleet-register-${account}/raw/'
TBLPROPERTIES ('skip.header.line.count' = '1')
