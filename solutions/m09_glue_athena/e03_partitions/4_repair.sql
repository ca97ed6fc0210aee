-- Without this, the table has no partition and therefore no row.
MSCK REPAIR TABLE departures.repaired
