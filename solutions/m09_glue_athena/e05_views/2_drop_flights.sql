DROP TABLE IF EXISTS analytics.flights
