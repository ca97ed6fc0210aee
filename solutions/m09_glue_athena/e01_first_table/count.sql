-- Per airline: flights, those that did not leave, and the mean delay of the others.
SELECT
  carrier,
  count(*) AS flights,
  count(*) - count(dep_delay) AS cancelled,
  round(avg(dep_delay), 1) AS mean_delay
FROM flights_lake.flights
GROUP BY carrier
ORDER BY flights DESC
