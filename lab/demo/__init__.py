"""The hybrid pipeline of the course, run on real flights and shown while it runs.

The pipeline itself is ``solutions/hybrid_pipeline``, plain AWS code that knows nothing of the lab.
This package deploys it, feeds it, watches it through the AWS APIs, and checks at the end that
nothing was lost.
"""
