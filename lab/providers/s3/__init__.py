"""S3 whose objects are plain files under the lab's home and whose state survives a crash.

LocalStack answers the API. Ours is where the bytes lie (``layout``, ``store``), that the state is
durable (``journal``, ``transaction``) and that both are put right at start (``recovery``).

A file that a person puts into a bucket's folder becomes an object at the next start; one that a
person changes or removes while the lab runs is noticed when the object is read.
"""
