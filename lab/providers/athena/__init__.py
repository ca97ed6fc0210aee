"""Amazon Athena on the lab's engine: work groups, executions, results. The catalogue is the Glue
provider's.
"""
