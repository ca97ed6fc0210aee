"""The lake on one page: what the Data Catalog says there is, and what lies in S3 for it.

It asks AWS's APIs only, and with each thing that it finds goes the AWS CLI command that shows it.
"""
