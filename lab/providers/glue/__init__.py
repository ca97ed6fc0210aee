"""AWS Glue's Data Catalog: databases, tables, partitions. Crawlers and jobs are not here; they are
refused by name.
"""
