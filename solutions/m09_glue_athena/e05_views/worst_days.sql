-- The days of one airline whose mean delay is at least so many minutes, the worst first.
SELECT day, flights, mean_delay
FROM analytics.delays
WHERE airline = ? AND mean_delay >= ?
ORDER BY mean_delay DESC, day
