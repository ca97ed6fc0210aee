"""Event source mappings for Kinesis: shards of this process straight to functions of this process.

LocalStack's own poller goes over HTTP, takes one batch of one shard per second and may lose it.
This one takes its place for Kinesis sources only: SQS and DynamoDB sources keep LocalStack's.
Mappings are created and stored by LocalStack.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from localstack.runtime.shutdown import ON_AFTER_SERVICE_SHUTDOWN_HANDLERS, SHUTDOWN_HANDLERS
from localstack.services.lambda_ import provider as localstack_provider
from localstack.services.lambda_.event_source_mapping.esm_worker import (
    EsmState,
    EsmStateReason,
    EsmWorker,
)
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.event_source_mapping.pollers.poller import Poller
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.patch import patch

from lab.providers.kinesis.metadata import registry
from lab.providers.kinesis.models import Shard, Stream
from lab.providers.lambda_ import stream_validation
from lab.providers.lambda_.stream_checkpoints import Lane
from lab.providers.lambda_.stream_consumer import Job, ShardConsumer
from lab.providers.lambda_.stream_files import checkpoint_files
from lab.providers.lambda_.stream_filter import RecordFilter
from lab.providers.lambda_.stream_invoker import FunctionInvoker
from lab.providers.lambda_.stream_settings import StreamSettings, is_kinesis
from lab.providers.lambda_.stream_source import FanOut, SharedThroughput, Source

LOG = logging.getLogger(__name__)

MISSING_STREAM_POLL_SECONDS = 1.0
PAUSE_AFTER_ERROR_SECONDS = 1.0
# LocalStack asks that stopping takes no more than a couple of seconds.
STOP_SECONDS = 3.0


def install() -> None:
    """Take over Kinesis sources. Called once, by whoever creates the Lambda service."""
    localstack_provider.EsmWorkerFactory = WorkerFactory

    @patch(LambdaProvider.validate_event_source_mapping)
    def validate_event_source_mapping(
        fn: Callable[..., Any], self: LambdaProvider, context: Any, request: Any
    ) -> Any:
        if is_kinesis(request):
            stream_validation.check(request)
        return fn(self, context, request)

    @patch(LambdaProvider.check_service_resource_exists)
    def check_service_resource_exists(
        fn: Callable[..., None], self: LambdaProvider, service: str, arn: str, *args: str
    ) -> None:
        if service == "kinesis":
            stream_validation.check_source(arn)
        else:
            fn(self, service, arn, *args)


class WorkerFactory(EsmWorkerFactory):
    """LocalStack's, with our worker for Kinesis, which needs no HTTP client."""

    def get_esm_worker(self) -> EsmWorker:
        if is_kinesis(self.esm_config):
            return StreamWorker(self.esm_config, self.function_role_arn, self.enabled)
        return super().get_esm_worker()


class NoPoller(Poller):
    """Stands where a worker has its poller: ours has consumers."""

    def __init__(self) -> None:
        """Nothing of LocalStack's, which would make clients."""

    def event_source(self) -> str:
        return "aws:kinesis"

    def poll_events(self) -> None:
        return


class StreamWorker(EsmWorker):
    """Polls one stream for one mapping, from its creation or update to the next.

    It starts a consumer per lane of each shard that may be read, and others when those have come to
    the end of their shards. LocalStack makes a new worker for each update and stops the one before.
    """

    def __init__(self, config: Any, role_arn: str, enabled: bool) -> None:
        super().__init__(config, NoPoller(), enabled, EsmStateReason.USER_ACTION)
        self.settings = StreamSettings.of(config)
        self._checkpoints = checkpoint_files().of(self.settings.uuid)
        self._job = Job(
            self.settings,
            role_arn,
            self._checkpoints,
            FunctionInvoker(self.settings.function_arn),
            RecordFilter(self.settings.patterns),
            self._report,
            self._shutdown_event,
        )
        self._consumers: dict[Lane, ShardConsumer] = {}
        self._look = threading.Event()
        self._has_ended = False
        self._thread = threading.Thread(
            target=self._run, name=f"lab-mapping-{self.settings.uuid[:8]}", daemon=True
        )

    def create(self) -> None:
        """LATEST means now, not when the thread gets to it, also if the lab is killed next."""
        if (mapping := self._mapping()) is not None:
            self.current_state = EsmState(mapping["State"])
        if self.current_state == EsmState.DELETING:  # the lab was stopped while it was deleted
            self._forget()
            return
        if not self.enabled and self.current_state == EsmState.UPDATING:
            self._enter(EsmState.DISABLED)  # as it was: nothing is to be waited for
        if not self._checkpoints.has_begun and (stream := self._stream()):
            self._checkpoints.begin(stream, self.settings)
            checkpoint_files().flush()
        _running().add(self)
        self._thread.start()

    def stop(self) -> None:
        """The worker of an update takes over, and with it the mapping's state."""
        self._shutdown_event.set()
        self._look.set()
        self._checkpoints.turn.look()
        for consumer in list(self._consumers.values()):
            consumer.wake()

    def stop_for_shutdown(self) -> None:
        self.stop()

    def delete(self) -> None:
        with self._state_lock:
            self.current_state = EsmState.DELETING
            if (mapping := self._mapping()) is not None:
                mapping["State"] = EsmState.DELETING
            has_ended = self._has_ended
        self.stop()
        if has_ended:  # a disabled mapping has nothing that would end by itself
            self._forget()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        if self._checkpoints.turn.take(self._shutdown_event):
            try:
                self._enter(EsmState.ENABLED if self.enabled else EsmState.DISABLED)
                while self.enabled and not self._shutdown_event.is_set():
                    self._guarded_poll()
                self._drain()
            finally:
                self._checkpoints.turn.give_back()
        _running().discard(self)
        with self._state_lock:
            self._has_ended = True
            is_deleted = self.current_state == EsmState.DELETING
        if is_deleted:
            self._forget()

    def _guarded_poll(self) -> None:
        try:
            self._poll()
        except Exception:  # the edge of the thread: a mapping must not fall silent for good
            LOG.exception("mapping %s", self.settings.uuid)
            self._shutdown_event.wait(PAUSE_AFTER_ERROR_SECONDS)

    def _poll(self) -> None:
        """Start what is ready to be read, then wait for a shard to end or for a stop."""
        self._look.clear()
        stream = self._stream()
        if stream is None:
            self._report("PROBLEM: Stream not found")
            self._look.wait(MISSING_STREAM_POLL_SECONDS)
            return
        self._checkpoints.begin(stream, self.settings)
        running = {key: each for key, each in self._consumers.items() if not each.has_ended}
        self._consumers = running
        for shard, lane in self._checkpoints.ready(stream):
            if (shard.id, lane) not in running and not self._shutdown_event.is_set():
                source = self._source(stream, shard)
                consumer = ShardConsumer(self._job, stream, shard, lane, source, self._look.set)
                running[shard.id, lane] = consumer
                consumer.start()
        if not self._shutdown_event.is_set():
            self._look.wait()

    def _source(self, stream: Stream, shard: Shard) -> Source:
        if self.settings.source_arn == self.settings.stream_arn:
            return SharedThroughput(shard)
        return FanOut(stream, shard, self.settings.source_arn, self._report)

    def _stream(self) -> Stream | None:
        return registry().find_arn(self.settings.stream_arn)

    def _drain(self) -> None:
        """Wait for the batches that are with the function, so that none is repeated."""
        for consumer in self._consumers.values():
            consumer.wake()
            consumer.join()

    def _report(self, result: str) -> None:
        """What GetEventSourceMapping tells as LastProcessingResult."""
        if (mapping := self._mapping()) is not None:
            mapping["LastProcessingResult"] = result

    def _enter(self, state: EsmState) -> None:
        """Note a state, unless the worker has been told to stop."""
        with self._state_lock:
            if self._shutdown_event.is_set():
                return
            self.current_state = state
            if (mapping := self._mapping()) is not None:
                mapping["State"] = state

    def _forget(self) -> None:
        self.delete_esm_in_store()
        checkpoint_files().forget(self.settings.uuid)

    def _mapping(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._state.event_source_mappings.get(self.settings.uuid)
        return found


@cache
def _running() -> set[StreamWorker]:
    """The workers that have not ended. Made with the first, whose shutdown then comes first."""
    workers: set[StreamWorker] = set()

    def stop() -> None:
        deadline = time.monotonic() + STOP_SECONDS
        running = list(workers)
        for worker in running:
            worker.stop_for_shutdown()
        for worker in running:
            worker.join(max(0.0, deadline - time.monotonic()))
        checkpoint_files().flush()

    SHUTDOWN_HANDLERS.register(stop)
    ON_AFTER_SERVICE_SHUTDOWN_HANDLERS.register(checkpoint_files().flush)
    return workers
