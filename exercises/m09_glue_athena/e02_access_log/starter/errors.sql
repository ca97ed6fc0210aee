-- For each UTC hour, in order: the hour, its requests, and those whose status is 500 or more.
SELECT count(*) AS requests
FROM web_logs.requests
