DROP TABLE IF EXISTS schedule.initial
