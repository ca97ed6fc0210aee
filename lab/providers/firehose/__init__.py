"""Data Firehose: streams that buffer, transform and deliver records.

A record goes through ``source`` (where accepted records are on disk), ``processing`` (Lambda,
partition keys, delimiters) and a destination (``s3_destination``, ``opensearch_destination``,
``http_destination``); a ``worker`` per stream moves it along.
"""
