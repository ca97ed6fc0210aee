-- Where the seats are no whole number, and what is written there instead.
SELECT
  element_at(split("$path", '/'), -1) AS file,
  tailnum,
  seats
FROM fleet.raw
WHERE TRY_CAST(seats AS integer) IS NULL
ORDER BY file, tailnum
