-- CREATE ... IF NOT EXISTS would leave an old description as it is. Dropping an external table
-- takes its description out of the catalog and leaves the files where they are.
DROP TABLE IF EXISTS flights_lake.flights
