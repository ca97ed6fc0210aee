DROP TABLE IF EXISTS web_logs.raw
