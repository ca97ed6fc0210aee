-- One row a day and airline.
CREATE OR REPLACE VIEW analytics.delays AS
SELECT
  f.flight_date AS day,
  a.name AS airline,
  count(*) AS flights,
  count(*) AS cancelled,
  sum(coalesce(f.dep_delay, 0)) / count(*) AS mean_delay,
  100 * (count_if(f.dep_delay > 15) / count(*)) AS late_percent
FROM analytics.flights AS f
JOIN analytics.airlines AS a ON a.carrier = f.carrier
GROUP BY 1, 2
