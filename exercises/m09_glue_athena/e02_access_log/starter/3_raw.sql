-- One group for each column. Within a text of SQL a backslash is written twice.
-- This pattern is for the common format, which ends with the bytes.
CREATE EXTERNAL TABLE web_logs.raw (
  ip string,
  ident string,
  username string,
  logged string,
  request string,
  status string,
  bytes string,
  referer string,
  agent string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
WITH SERDEPROPERTIES (
  'input.regex' = '^(\\S+) (\\S+) (\\S+) \\[([^\\]]+)\\] "([^"]*)" (\\d+) (\\d+)()()$'
)
LOCATION 's3://web-logs-${account}/logs/'
