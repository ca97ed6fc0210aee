-- What is no whole number is not known; a text that says so is not known either.
CREATE OR REPLACE VIEW fleet.planes AS
SELECT
  tailnum,
  TRY_CAST(year AS integer) AS year,
  manufacturer,
  model,
  TRY_CAST(replace(seats, ',', '') AS integer) AS seats,
  nullif(nullif(engine, 'NA'), '') AS engine
FROM fleet.raw
