-- Types, one time zone for all, and only lines that could be read.
CREATE OR REPLACE VIEW web_logs.requests AS
SELECT
  logged AS at,
  ip,
  request AS method,
  request AS path,
  status,
  bytes,
  agent
FROM web_logs.raw
