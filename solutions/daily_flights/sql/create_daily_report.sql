CREATE OR REPLACE VIEW daily_flights.daily_report AS
SELECT
    flight_date,
    count(*) AS flights,
    count_if(dep_delay IS NULL) AS cancelled,
    count_if(arr_delay > 15) AS late,
    sum(distance) AS miles,
    month
FROM daily_flights.flights
GROUP BY flight_date, month
