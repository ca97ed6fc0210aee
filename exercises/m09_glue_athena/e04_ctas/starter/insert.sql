-- The days that the first statement could not take any more.
INSERT INTO weather.readings
SELECT *
FROM weather.raw
