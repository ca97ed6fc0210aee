-- One group for each column. Within a text of SQL a backslash is written twice.
-- A quoted field is made of characters that are neither quote nor backslash, or of a backslash and
-- whatever it escapes.
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
  'input.regex' = '^(\\S+) (\\S+) (\\S+) \\[([^\\]]+)\\] "((?:[^"\\\\]|\\\\.)*)" (\\d+) (\\d+|-) "((?:[^"\\\\]|\\\\.)*)" "((?:[^"\\\\]|\\\\.)*)"$'
)
LOCATION 's3://web-logs-${account}/logs/'
