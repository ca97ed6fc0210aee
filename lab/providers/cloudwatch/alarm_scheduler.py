"""Evaluates alarms when their periods end: each minute, or every ten seconds where a period is
shorter than a minute.

``POST /_lab/cloudwatch/alarms`` evaluates all of them at once, as if the running minute had ended:
a test or a learner need not wait for it.
"""

import logging
import threading
import time

from localstack.aws.api import CommonServiceException
from localstack.http import Request, Response

from lab.providers.clock import clock
from lab.providers.cloudwatch import alarm_actions, alarm_store, composite
from lab.providers.cloudwatch.alarm_evaluation import evaluate, period_of
from lab.providers.cloudwatch.dispatch import Record, Scope

LOG = logging.getLogger(__name__)

PATH = "/_lab/cloudwatch/alarms"
TICK = 10


class AlarmScheduler:
    """One thread, which runs while there are alarms."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._evaluating = threading.Lock()
        self._thread: threading.Thread | None = None
        alarm_store.on_change[:] = [alarm_actions.on_change]

    def wake(self) -> None:
        """There is an alarm."""
        if self._thread is None and not self._stopping.is_set():
            self._thread = threading.Thread(target=self._run, name="lab-alarms", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(TICK - time.time() % TICK):
            moment = int(clock().now()) // TICK * TICK
            try:
                self.evaluate(moment)
            except Exception:  # the edge of a thread: the next tick must come
                LOG.exception("alarms not evaluated")

    def evaluate(self, moment: int, *, everything: bool = False) -> None:
        """Evaluate the alarms whose periods end at this moment (seconds), or all."""
        with self._evaluating:
            for scope, alarm in alarm_store.all_alarms():
                if alarm_store.is_composite(alarm):
                    self._release(scope, alarm)
                elif everything or moment % 60 == 0 or period_of(alarm) < 60:
                    self._evaluate(scope, alarm, moment)

    def _evaluate(self, scope: Scope, alarm: Record, moment: int) -> None:
        try:
            found = evaluate(scope, alarm, moment)
        except CommonServiceException as error:
            LOG.warning("alarm %s not evaluated: %s", alarm["AlarmName"], error.message)
            return
        if found:
            verdict, data = found
            alarm_store.change(scope, alarm["AlarmName"], verdict.state, verdict.reason, data)

    def _release(self, scope: Scope, alarm: Record) -> None:
        if composite.released(scope, alarm):
            alarm_actions.act(
                scope, alarm, {**alarm, "StateValue": alarm.get(composite.BEFORE, "OK")}
            )

    def answer(self, _request: Request) -> Response:
        self.evaluate(int(clock().now()) // 60 * 60 + 60, everything=True)
        return Response(status=204)
