-- The flights of each airline in one month, and their mean delay. The month is the partition key.
SELECT carrier, count(*) AS flights, round(avg(dep_delay), 1) AS mean_delay
FROM costs.flights
WHERE month = ?
GROUP BY carrier
ORDER BY carrier
