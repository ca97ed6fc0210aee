"""The module that scripts of AWS Glue import, written for this lab in plain PySpark.

It is not AWS's library and holds nothing of it. It imports nothing of the lab: in a run, it learns
from the variables ``AWSGLUE_RUN`` and ``AWSGLUE_SPARK`` where it is.
"""
