DROP TABLE IF EXISTS schedule.updates
