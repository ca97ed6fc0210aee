INSERT INTO schedule.flights
SELECT event_id, flight_date, carrier, origin, dest, dep_delay
FROM schedule.initial
