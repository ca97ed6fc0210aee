-- The months are folders named month=2013-01: look for them and note them in the catalog.
MSCK REPAIR TABLE ${Database}.archive
