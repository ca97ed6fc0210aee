-- The table has no partition yet.
SHOW PARTITIONS departures.repaired
