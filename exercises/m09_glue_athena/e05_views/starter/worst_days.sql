-- The days of one airline whose mean delay is at least so many minutes, the worst first.
SELECT day, flights, mean_delay
FROM analytics.delays
WHERE airline = 'Delta Air Lines Inc.' AND mean_delay >= 10
ORDER BY mean_delay DESC, day
