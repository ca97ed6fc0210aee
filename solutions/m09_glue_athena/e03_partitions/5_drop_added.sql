DROP TABLE IF EXISTS departures.added
