DROP TABLE IF EXISTS departures.repaired
