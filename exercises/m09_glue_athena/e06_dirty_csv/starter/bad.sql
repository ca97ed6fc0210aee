-- Where the seats are no whole number, and what is written there instead: file, tailnum, seats.
SELECT '' AS file, tailnum, seats
FROM fleet.raw
WHERE seats IS NULL
ORDER BY file, tailnum
