"""Apache Iceberg tables: Athena's statements about them, over pyiceberg, which does the table
format.

Nothing here is imported before a statement meets an Iceberg table, since pyiceberg and pyarrow are
heavy; ``lookup``, ``grammar`` and ``statements`` are what the rest of the engine may import.
Source: Amazon Athena User Guide, "Query Apache Iceberg tables".
"""
