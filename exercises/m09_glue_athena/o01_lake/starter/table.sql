-- One statement. ${account} is replaced by the account.
CREATE EXTERNAL TABLE design.visits (
  airport string
)
LOCATION 's3://open-lake-${account}/visits/'
