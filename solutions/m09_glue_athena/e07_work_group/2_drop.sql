DROP TABLE IF EXISTS costs.flights
