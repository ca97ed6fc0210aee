CREATE OR REPLACE VIEW fleet.planes AS
SELECT
  tailnum,
  year,
  manufacturer,
  model,
  seats,
  engine
FROM fleet.raw
