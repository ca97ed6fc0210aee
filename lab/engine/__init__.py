"""Athena SQL on DuckDB: a typed compiler from Trino's grammar, a catalogue interface, and bytes
that are counted.

Nothing here knows LocalStack or boto3; what is not supported is refused by name
(``errors.QueryError``).
"""
