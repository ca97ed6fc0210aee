"""A real Trino in the place of the embedded engine: ``LAB_ATHENA_ENGINE=trino://host:port``.

Athena's engine is Trino. Where one machine's DuckDB is not enough, queries and the statements that
write go to a Trino that reads the lab's Glue catalogue and its S3; Hive's DDL only touches the
catalogue and stays with the engine of the lab. Nothing here starts or configures a Trino, and
nothing falls back to DuckDB when none answers.
"""
