-- The zone is in the log; the view has one for all, UTC, and therefore none in its values.
CREATE OR REPLACE VIEW web_logs.requests AS
SELECT
  CAST(
    parse_datetime(logged, 'dd/MMM/yyyy:HH:mm:ss Z') AT TIME ZONE 'UTC' AS timestamp(3)
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
