"""What a run writes, on its way to CloudWatch Logs.

Sources: AWS Glue Developer Guide, "Monitoring jobs using the Amazon CloudWatch console", "Logging
for AWS Glue jobs".
"""

from lab.providers.glue.storage import Record
from lab.providers.lambda_.logs import LogStream, log_writer
from lab.providers.lambda_.output import MAX_EVENT_BYTES, LogEvent, now_ms

CONTINUOUS = "--enable-continuous-cloudwatch-log"
CONTINUOUS_GROUP = "/aws-glue/jobs/logs-v2"


class RunLog:
    """The log streams of one run: what it writes to its output, and to its errors. With continuous
    logging, the driver's errors, which is where Spark writes, are in a stream of their own too.
    """

    def __init__(
        self, account: str, region: str, run: Record, arguments: dict[str, str], is_spark: bool
    ) -> None:
        def stream(group: str, name: str = run["Id"]) -> LogStream:
            return LogStream(account, region, group, name)

        group = run["LogGroupName"]
        self._streams = {name: [stream(f"{group}/{name}")] for name in ("output", "error")}
        self._rest = {"output": b"", "error": b""}
        if is_spark and arguments.get(CONTINUOUS, "").lower() == "true":
            prefix = arguments.get("--continuous-log-logStreamPrefix") or run["Id"]
            chosen = arguments.get("--continuous-log-logGroup") or CONTINUOUS_GROUP
            self._streams["error"].append(stream(chosen, f"{prefix}-driver"))

    def feed(self, name: str, data: bytes) -> None:
        """Take what was written; whole lines go on at once."""
        *lines, rest = (self._rest[name] + data).split(b"\n")
        while len(rest) > MAX_EVENT_BYTES:
            lines.append(rest[:MAX_EVENT_BYTES])
            rest = rest[MAX_EVENT_BYTES:]
        self._rest[name] = rest
        self._write(name, lines)

    def close(self) -> None:
        """Write what is left; when this returns, CloudWatch Logs has everything."""
        for name, rest in self._rest.items():
            if rest:
                self._write(name, [rest])
        log_writer().settle()

    def _write(self, name: str, lines: list[bytes]) -> None:
        stamp = now_ms()
        events = [
            LogEvent(stamp, part.decode(errors="replace") + "\n")
            for line in lines
            for part in _parts(line)
        ]
        if events:
            for stream in self._streams[name]:
                log_writer().write(stream, events)


def _parts(line: bytes) -> list[bytes]:
    starts = range(0, len(line), MAX_EVENT_BYTES)
    return [line[start : start + MAX_EVENT_BYTES] for start in starts]
