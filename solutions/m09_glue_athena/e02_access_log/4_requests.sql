-- The zone is in the log; the view has one for all, UTC, and therefore none in its values.
-- An offset such as -0530 is minus 5 hours and minus 30 minutes: its sign counts for both.
CREATE OR REPLACE VIEW web_logs.requests AS
SELECT
  date_add(
    'minute',
    -(CAST(substr(logged, 22, 3) AS integer) * 60
      + CAST(substr(logged, 22, 1) || substr(logged, 25, 2) AS integer)),
    date_parse(substr(logged, 1, 20), '%d/%b/%Y:%H:%i:%s')
  ) AS at,
  ip,
  split_part(request, ' ', 1) AS method,
  split_part(split_part(request, ' ', 2), '?', 1) AS path,
  CAST(status AS integer) AS status,
  -- 304 and HEAD have no body, which Apache writes as -.
  TRY_CAST(bytes AS bigint) AS bytes,
  agent
FROM web_logs.raw
WHERE ip IS NOT NULL
