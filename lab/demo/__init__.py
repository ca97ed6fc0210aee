"""The pipelines of the course, run on real flights and shown while they run.

The pipelines themselves are ``solutions/hybrid_pipeline`` and, day by day (``batch``),
``solutions/daily_flights``: plain AWS code that knows nothing of the lab. This package deploys
them, feeds them, watches them through the AWS APIs, and checks at the end that nothing was lost.
"""
