"""What CloudWatch is told of executions, under AWS/States: when one starts, is redriven
and ends.

Source: AWS Step Functions Developer Guide, "Monitoring Step Functions metrics using Amazon
CloudWatch".
"""

from lab.providers.cloudwatch import Metric, Source, publisher
from lab.providers.stepfunctions.models import RUNNING, Run

STARTED = Metric("ExecutionsStarted")
REDRIVEN = Metric("ExecutionsRedriven")
TIME = Metric("ExecutionTime", "Milliseconds")
ENDED = {
    "SUCCEEDED": Metric("ExecutionsSucceeded"),
    "FAILED": Metric("ExecutionsFailed"),
    "ABORTED": Metric("ExecutionsAborted"),
    "TIMED_OUT": Metric("ExecutionsTimedOut"),
}


def measure(run: Run) -> None:
    """Count an execution that has started or ended."""
    dimensions = (("StateMachineArn", run.machine.arn),)
    source = Source("AWS/States", run.account, run.region, dimensions)
    publisher().add(source, _samples(run))


def _samples(run: Run) -> list[tuple[Metric, float]]:
    if run.status == RUNNING:
        return [(REDRIVEN if run.redrives else STARTED, 1)]
    samples: list[tuple[Metric, float]] = [(ENDED[run.status], 1)] if run.status in ENDED else []
    if run.stopped is not None:
        samples.append((TIME, (run.stopped - run.started) * 1000))
    return samples
