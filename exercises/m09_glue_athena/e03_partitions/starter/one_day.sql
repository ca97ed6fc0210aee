-- Flights of each airline on one day, which takes the place of the question mark.
SELECT carrier, count(*) AS flights
FROM departures.projected
WHERE date_format(flight_date, '%Y/%m/%d') = ?
GROUP BY carrier
ORDER BY carrier
