-- Per day and airline: how many departures, which share of them arrived on time (cancelled and diverted
-- flights did not), and how late the others arrived on average, in minutes (early counts as negative).
SELECT
  dt,
  airline,
  count(*) AS flights,
  -- The cast matters: an integer divided by an integer is an integer in Athena.
  round(CAST(count_if(delay_class = 'on_time') AS double) / count(*), 3) AS on_time_share,
  round(avg(arrival_delay), 1) AS mean_delay
FROM ${Database}.flights
GROUP BY dt, airline
ORDER BY dt, airline
