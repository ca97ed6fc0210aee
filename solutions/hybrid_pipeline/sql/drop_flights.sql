DROP TABLE IF EXISTS ${Database}.flights
