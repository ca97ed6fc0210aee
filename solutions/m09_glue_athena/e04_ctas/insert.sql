-- The next days, at most a hundred at once.
INSERT INTO weather.readings
SELECT hour, origin, temp, dewp, humid, wind_speed, precip, pressure, visib, day
FROM weather.raw
WHERE day BETWEEN '${first}' AND '${last}'
