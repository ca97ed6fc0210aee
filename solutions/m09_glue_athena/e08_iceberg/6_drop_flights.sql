-- Of an Iceberg table, this deletes the data as well.
DROP TABLE IF EXISTS schedule.flights
