-- The days are folders named dt=2013-01-01: look for them and note them in the catalog.
MSCK REPAIR TABLE ${Database}.archive
