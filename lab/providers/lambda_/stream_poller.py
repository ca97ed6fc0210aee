"""Event source mappings for Kinesis: shards of this process straight to functions of this process.

LocalStack's own poller goes over HTTP, takes one batch of one shard per second and may lose it.
This one takes its place for Kinesis sources only: SQS and DynamoDB sources keep LocalStack's.
Mappings are created, validated and stored by LocalStack; its filter patterns and its on-failure
destinations are used here too.
"""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmState, EsmWorker
from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.patch import patch

from lab.providers.kinesis.metadata import registry
from lab.providers.kinesis.models import Shard, Stream
from lab.providers.lambda_ import stream_checkpoints
from lab.providers.lambda_.stream_checkpoints import Lane
from lab.providers.lambda_.stream_consumer import ShardConsumer
from lab.providers.lambda_.stream_delivery import Delivery, Invoker
from lab.providers.lambda_.stream_events import Event, EventFilter, EventWriter
from lab.providers.lambda_.stream_invoker import FunctionInvoker, Outcome
from lab.providers.lambda_.stream_settings import StreamSettings, is_kinesis, refuse_unsupported

LOG = logging.getLogger(__name__)

MISSING_STREAM_POLL_SECONDS = 1.0


def install() -> None:
    """Take over Kinesis sources. Called once, by whoever creates the Lambda service."""

    @patch(EsmWorkerFactory.get_esm_worker)
    def get_esm_worker(fn: Callable[..., EsmWorker], self: EsmWorkerFactory) -> EsmWorker:
        worker = fn(self)
        if not is_kinesis(self.esm_config):
            return worker
        return StreamWorker(worker, self.function_role_arn, self.enabled)

    @patch(LambdaProvider.validate_event_source_mapping)
    def validate_event_source_mapping(
        fn: Callable[..., Any], self: LambdaProvider, context: Any, request: Any
    ) -> Any:
        if is_kinesis(request):
            refuse_unsupported(request)
        return fn(self, context, request)


class StreamWorker(EsmWorker):
    """Polls one stream for one mapping, in the life cycle of LocalStack's workers.

    It starts a consumer per shard that may be read, and others when those have come to the end of
    their shards.
    """

    def __init__(self, base: EsmWorker, role_arn: str, enabled: bool) -> None:
        super().__init__(base.esm_config, base.poller, enabled, base.user_state_reason)
        self.settings = StreamSettings.of(base.esm_config)
        self._role_arn = role_arn
        self._invoker: Invoker = FunctionInvoker(self.settings.function_arn)
        self._filter = EventFilter(base.poller.filter_patterns)
        self._checkpoints = stream_checkpoints.of(self.settings.uuid)
        self._consumers: dict[Lane, ShardConsumer] = {}
        self._look = threading.Event()

    def create(self) -> None:
        """LATEST means now, not when the thread gets to it."""
        if not self._checkpoints.has_begun and (stream := self._stream()):
            self._checkpoints.begin(stream, self.settings)
        super().create()

    def stop(self) -> None:
        super().stop()
        self._wake_all()

    def stop_for_shutdown(self) -> None:
        super().stop_for_shutdown()
        self._wake_all()

    def delete(self) -> None:
        super().delete()
        self._wake_all()
        if self._poller_thread is None:  # a disabled mapping has nothing that would end by itself
            self.delete_esm_in_store()
            stream_checkpoints.forget(self.settings.uuid)

    def poller_loop(self, *_args: Any, **_kwargs: Any) -> None:
        with self._checkpoints.running:
            self._enter(EsmState.ENABLED)
            try:
                while not self._shutdown_event.is_set():
                    self._poll()
            finally:
                self._drain()
        self._leave()

    def _poll(self) -> None:
        """Start what is ready to be read, then wait for a shard to end or for a stop."""
        self._look.clear()
        stream = self._stream()
        if stream is None:
            self._report("PROBLEM: Stream not found")
            self._look.wait(MISSING_STREAM_POLL_SECONDS)
            return
        self._checkpoints.begin(stream, self.settings)
        running = {key: each for key, each in self._consumers.items() if each.is_alive}
        self._consumers = running
        for shard, lane in self._checkpoints.ready(stream):
            if (shard.id, lane) not in running and not self._shutdown_event.is_set():
                running[shard.id, lane] = self._start(stream, shard, lane)
        if not self._shutdown_event.is_set():
            self._look.wait()

    def _start(self, stream: Stream, shard: Shard, lane: int) -> ShardConsumer:
        delivery = Delivery(
            self.settings, self._invoker, self._discarder(shard), self._report, self._shutdown_event
        )
        consumer = ShardConsumer(
            stream,
            shard,
            lane,
            self.settings,
            self._checkpoints,
            EventWriter(shard, self.settings.stream_arn, self._role_arn),
            self._filter,
            delivery,
            self._shutdown_event,
            self._look.set,
        )
        consumer.start()
        return consumer

    def _stream(self) -> Stream | None:
        return registry().find_arn(self.settings.stream_arn)

    def _wake_all(self) -> None:
        self._look.set()
        for consumer in list(self._consumers.values()):
            consumer.wake()

    def _drain(self) -> None:
        """Wait for the batches that are with the function, so that none is repeated."""
        for consumer in self._consumers.values():
            consumer.wake()
            consumer.join()

    def _discarder(self, shard: Shard) -> Callable[[list[Event], str, Outcome | None, int], None]:
        """Send what is given up to the mapping's on-failure destination, as LocalStack does."""

        def discard(events: list[Event], why: str, outcome: Outcome | None, tries: int) -> None:
            LOG.info("%s gave up %d records of %s: %s", self.uuid, len(events), shard.id, why)
            error = outcome and {
                "requestId": outcome.request_id,
                "httpStatusCode": 200,
                "executedVersion": outcome.executed_version,
                "functionError": "Unhandled",
            }
            context = self.poller.processor.generate_event_failure_context(
                abort_condition=why, error=error or {}, attempts_count=tries
            )
            shown = [json.loads(event.text) for event in events]
            self.poller.send_events_to_dlq(shard.id, shown, context=context)

        return discard

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

    def _leave(self) -> None:
        with self._state_lock:
            if self.current_state == EsmState.DELETING:
                self.delete_esm_in_store()
                stream_checkpoints.forget(self.settings.uuid)
            elif self.current_state == EsmState.DISABLING:
                self.current_state = EsmState.DISABLED
                mapping = self._mapping()
                if mapping is not None and mapping["State"] == EsmState.DISABLING:
                    mapping["State"] = EsmState.DISABLED

    def _mapping(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._state.event_source_mappings.get(self.settings.uuid)
        return found
