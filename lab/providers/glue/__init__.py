"""AWS Glue's Data Catalog: databases, tables, partitions and what belongs to them. Crawlers, jobs
and the schema registry are not here; they are refused by name (see ``refused``).
"""
