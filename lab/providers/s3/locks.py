"""Who may change what at the same time: one writer per key, and nobody else while a bucket changes.

The writer of a key holds it for the whole operation, since LocalStack checks conditions
(``If-None-Match``) first and stores afterwards. Readers take no lock.
"""

import threading
from collections.abc import Iterable

from readerwriterlock.rwlock import Lockable, RWLockFair

Key = tuple[str, str]


class KeyLocks:
    """One lock per (bucket, key), made when wanted and forgotten when free. Reentrant."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[Key, tuple[threading.RLock, int]] = {}

    def acquire(self, key: Key) -> None:
        with self._guard:
            lock, users = self._locks.get(key) or (threading.RLock(), 0)
            self._locks[key] = (lock, users + 1)
        lock.acquire()

    def release(self, key: Key) -> None:
        with self._guard:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = (lock, users - 1)
        lock.release()


class BucketLocks:
    """Shared among operations on a bucket's keys, exclusive for those on the bucket itself."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, RWLockFair] = {}

    def acquire(self, bucket: str, *, exclusive: bool) -> Lockable:
        with self._guard:
            lock = self._locks.setdefault(bucket, RWLockFair())
        held: Lockable = lock.gen_wlock() if exclusive else lock.gen_rlock()
        held.acquire()
        return held


class Held:
    """The locks of one operation, released together."""

    def __init__(self, keys: KeyLocks, buckets: BucketLocks, bucket: str, exclusive: bool) -> None:
        self._keys = keys
        self._held: set[Key] = set()
        self._bucket = buckets.acquire(bucket, exclusive=exclusive)

    def take(self, keys: Iterable[Key]) -> None:
        """In order of the keys, so that two operations cannot wait for each other."""
        for key in sorted(set(keys) - self._held):
            self._keys.acquire(key)
            self._held.add(key)

    def release(self) -> None:
        for key in self._held:
            self._keys.release(key)
        self._bucket.release()
