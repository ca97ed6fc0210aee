"""Follows log files and sends their lines to Firehose or Kinesis, as AWS's Kinesis Agent does.

It takes the agent's ``agent.json`` and behaves as the agent does: at least once, in order, over
rotations, restarts and outages. It is a program of its own, not a service: it speaks to the lab
with boto3 only, and could speak to AWS.

Source: Firehose guide, "Configure Kinesis Agent to send data", "Specify agent configuration
settings", "Configure multiple file directories and streams" and "Pre-process data with Agents".
"""
