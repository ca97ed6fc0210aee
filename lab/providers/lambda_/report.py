"""The errors of an invocation that are not the function's, and what it took.

Sources: AWS documentation, "Understanding the Lambda execution environment lifecycle",
"Troubleshoot invocation issues in Lambda".
"""

import json
import math
import time
from dataclasses import dataclass

MEGABYTE = 1024 * 1024
EXIT_ERROR = "Runtime.ExitError"
OUT_OF_MEMORY = "Runtime.OutOfMemory"
TIMEOUT = "Sandbox.Timedout"
TOO_LARGE = "Function.ResponseSizeTooLarge"


@dataclass(frozen=True, slots=True)
class Failure:
    """An invocation that ended otherwise than by the function's answer.

    ``line`` is what the log says about it; ``status`` and ``error_type`` end the REPORT line.
    """

    body: bytes
    line: str
    status: str
    error_type: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an invocation took. Durations in milliseconds, memory in bytes."""

    duration: float
    memory_size: int
    max_memory: int
    init_duration: float | None = None

    @property
    def billed(self) -> int:
        """What a cold start took is billed too, since August 2025."""
        return math.ceil(self.duration + (self.init_duration or 0.0))

    @property
    def memory_size_mb(self) -> int:
        return self.memory_size // MEGABYTE

    @property
    def max_memory_mb(self) -> int:
        return math.ceil(self.max_memory / MEGABYTE)


def timeout_failure(request_id: str, seconds: int) -> Failure:
    what = f"Task timed out after {seconds:.2f} seconds"
    body = _body(TIMEOUT, f"RequestId: {request_id} Error: {what}")
    moment = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return Failure(body, f"{stamp}.{int(moment % 1 * 1000):03d}Z {request_id} {what}", "timeout")


def exit_failure(request_id: str, reason: str, error_type: str = EXIT_ERROR) -> Failure:
    """The runtime process ended, or was killed: ``reason`` is AWS's wording."""
    message = f"RequestId: {request_id} Error: {reason}"
    return Failure(_body(error_type, message), f"{message}\n{EXIT_ERROR}", "error", error_type)


def too_large_failure(limit: int) -> Failure:
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return Failure(_body(TOO_LARGE, message), message, "error", TOO_LARGE)


def init_failure(body: bytes, error_type: str) -> Failure:
    """The runtime could not load the function; it has printed why."""
    return Failure(body, "", "error", error_type)


def _body(error_type: str, message: str) -> bytes:
    document = {"errorType": error_type, "errorMessage": message}
    return json.dumps(document, separators=(",", ":")).encode()
