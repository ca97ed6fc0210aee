-- One row a day and airline. A flight that never left has no delay, which is not a delay of 0:
-- avg and count(dep_delay) leave it out, count(*) does not.
CREATE OR REPLACE VIEW analytics.delays AS
SELECT
  f.flight_date AS day,
  coalesce(a.name, f.carrier) AS airline,
  count(*) AS flights,
  count(*) - count(f.dep_delay) AS cancelled,
  round(avg(f.dep_delay), 1) AS mean_delay,
  round(100.0 * count_if(f.dep_delay > 15) / nullif(count(f.dep_delay), 0), 1) AS late_percent
FROM analytics.flights AS f
LEFT JOIN analytics.airlines AS a ON a.carrier = f.carrier
GROUP BY 1, 2
