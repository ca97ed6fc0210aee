"""Logs Insights: queries compiled to SQL, which DuckDB executes over columns of the stored events.

Nothing here but the compiler is imported before the first query.
"""
