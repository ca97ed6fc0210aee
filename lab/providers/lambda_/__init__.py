"""AWS Lambda: LocalStack's control plane, with functions that run as processes of this machine.

LocalStack answers the API, keeps versions and aliases and counts concurrency. Ours is what runs the
code: one supervised process per execution environment, spoken to over the Lambda Runtime API. Not a
sandbox against hostile code: a function runs with the rights of the person who runs the lab.
"""
