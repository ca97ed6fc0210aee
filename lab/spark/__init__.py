"""What runs beside Spark in ``.venv-spark``: the driver of a run, ``awsglue``, the metastore.

Nothing of the rest of the lab is imported here, nor is anything of this imported there.
"""
