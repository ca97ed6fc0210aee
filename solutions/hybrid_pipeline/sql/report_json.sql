-- The report once more, from the JSON archive: the same answer, but every byte of it must be read.
SELECT
  substr(scheduled_departure, 1, 10) AS dt,
  airline,
  count(*) AS flights,
  -- The cast matters: an integer divided by an integer is an integer in Athena.
  round(CAST(count_if(delay_class = 'on_time') AS double) / count(*), 3) AS on_time_share,
  round(avg(arrival_delay), 1) AS mean_delay
FROM ${Database}.archive
GROUP BY 1, 2
ORDER BY 1, 2
