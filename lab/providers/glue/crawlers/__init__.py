"""Glue's crawlers: they look at files in S3, group folders into tables and partitions, and write
what they found to the Data Catalog, where Athena reads it at once.

What answers the API (``definitions``, ``classifiers``, ``schedules``, ``crawls``) is loaded with
Glue; what reads files (``crawl`` and what it imports) at the first crawl.
"""
