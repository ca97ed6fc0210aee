SELECT
  date_trunc('hour', at) AS hour,
  count(*) AS requests,
  count_if(status >= 500) AS errors
FROM web_logs.requests
GROUP BY 1
ORDER BY 1
