"""AWS Glue's jobs: their definitions, their runs as processes of this machine, their bookmarks.

A ``pythonshell`` job is a Python process, a ``glueetl`` job one with Spark beside it. What a run is
given and where it ends is here; what a script imports as ``awsglue`` is in ``lab/spark``.
"""
