DROP TABLE IF EXISTS analytics.airlines
