DROP TABLE IF EXISTS departures.projected
