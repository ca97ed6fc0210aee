CREATE EXTERNAL TABLE costs.flights (
  year int,
  month_of_year int,
  day int,
  dep_time int,
  sched_dep_time int,
  dep_delay double,
  arr_time int,
  sched_arr_time int,
  arr_delay double,
  carrier string,
  flight int,
  tailnum string,
  origin string,
  dest string,
  air_time double,
  distance int,
  hour int,
  minute int,
  time_hour string
)
PARTITIONED BY (month int)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION 's3://costs-lake-${account}/flights/'
