"""Kinesis Data Streams inside LocalStack: shards as append-only logs on disk, AWS's own messages
and limits.

It replaces LocalStack's provider, which forwards to a server on Node. Nothing here knows Lambda:
consumers inside this process (the stream poller) read shards through
:mod:`lab.providers.kinesis.models`.
"""
