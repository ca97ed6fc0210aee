"""What the groups of operations have in common: streams, their workers, and how one is found."""

import threading
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.firehose import FirehoseApi, ResourceNotFoundException

from lab.providers.firehose.models import DeliveryStream, Registry
from lab.providers.firehose.worker import Worker

Request = dict[str, Any]
Answer = dict[str, Any]


class Operations(FirehoseApi):
    """Finds what a request means among the streams of ``registry``.

    With ``starts_workers`` False, whoever uses it calls :meth:`Worker.step` (tests do).
    """

    def __init__(self, registry: Registry, *, starts_workers: bool = True) -> None:
        self.registry = registry
        self._starts_workers = starts_workers
        self._workers: dict[DeliveryStream, Worker] = {}
        self._lock = threading.Lock()

    def find(self, context: RequestContext, request: Request) -> DeliveryStream:
        name = request["DeliveryStreamName"]
        stream = self.registry.find(context.account_id, context.region, name)
        if stream is None:
            raise ResourceNotFoundException(
                f"Firehose {name} under account {context.account_id} not found."
            )
        return stream

    def worker(self, stream: DeliveryStream) -> Worker:
        with self._lock:
            worker = self._workers.get(stream)
            if worker is None:
                worker = self._workers[stream] = Worker(stream)
                if self._starts_workers:
                    worker.start()
            return worker

    def resume(self) -> None:
        """Start the workers of the streams that were found on disk."""
        for stream in self.registry.all():
            self.worker(stream)

    def end(self, stream: DeliveryStream, seconds: float = 0.0) -> None:
        with self._lock:
            worker = self._workers.pop(stream, None)
        if worker is not None:
            worker.stop()
            worker.join(seconds)

    def stop(self, seconds: float) -> None:
        """Stop all workers; what has been accepted is on disk."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join(seconds)
