-- Flights of each airline on one day, which takes the place of the question mark.
-- The condition is on the partition key as it is: no function around it.
SELECT carrier, count(*) AS flights
FROM departures.projected
WHERE day = ?
GROUP BY carrier
ORDER BY carrier
