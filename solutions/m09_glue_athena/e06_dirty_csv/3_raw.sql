-- The register of the fleet: quoted CSV with a header. All of it is text, so that every line
-- can be read and looked at.
CREATE EXTERNAL TABLE fleet.raw (
  tailnum string,
  year string,
  type string,
  manufacturer string,
  model string,
  engines string,
  seats string,
  engine string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '"', 'escapeChar' = '\\')
LOCATION 's3://fleet-register-${account}/raw/'
TBLPROPERTIES ('skip.header.line.count' = '1')
