"""An interpreter that has imported what functions import, from which their processes are forked.

``python -P zygote.py SOCKET KIND``: started once by the lab, without its environment. Memory is
shared with the processes that it forks until one of them writes to it, and a fork takes
milliseconds where an interpreter and boto3 take hundreds. A function must not be able to tell: one
that would see something else than in an interpreter of its own gets one (:mod:`bootstrap`).

``SOCKET`` is the number of a descriptor; requests are a length of four bytes and a JSON document
(:class:`process.Sandbox`), with descriptors. Its end of file ends the zygote. ``KIND`` is
``runtime`` for the runtime client, ``sdk`` for boto3 as well.
"""

# ruff: noqa: E402, PTH100, PTH118, PTH120 - importing pathlib would cost memory in every process.
import sys

# What an interpreter has imported before it reads a function's search path.
BARE = frozenset(sys.modules)

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
from typing import Any

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
sys.path.insert(0, ROOT)
from lab.providers.lambda_ import bootstrap, supervisor

sys.path.remove(ROOT)
# Functions must not find us.
for _name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
    del sys.modules[_name]

# What the runtime client imports and what does not depend on the environment of a function.
RUNTIME_MODULES = (
    "awslambdaric.lambda_config",
    "awslambdaric.lambda_context",
    "awslambdaric.lambda_runtime_exception",
    "awslambdaric.lambda_runtime_log_utils",
    "awslambdaric.lambda_runtime_marshaller",
    "traceback",
)
# What is imported late, when a client is made or used.
SDK_MODULES = ("boto3.s3.inject", "botocore.loaders", "s3transfer.manager")
SERVICE = "s3"
REQUEST_BYTES = 65536
MAX_DESCRIPTORS = 8
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8


def share_models() -> None:
    """Have botocore's loaders find the documents in memory that every client reads, and those of
    the service used most. They are 10 MB of dictionaries, which nobody changes.
    """
    import boto3.session
    import botocore.loaders

    read = botocore.loaders.JSONFileLoader.load_file
    kept: dict[str, Any] = {}

    def keep(loader: Any, path: str) -> Any:
        document = read(loader, path)
        # A file that is absent now may be there where a function looks for it.
        if document is not None:
            kept[path] = document
        return document

    def load(loader: Any, path: str) -> Any:
        return kept[path] if path in kept else read(loader, path)

    botocore.loaders.JSONFileLoader.load_file = keep
    boto3.session.Session("none", "none", region_name="us-east-1").client(SERVICE)
    botocore.loaders.JSONFileLoader.load_file = load


def return_memory() -> None:
    """Have glibc give memory back: large blocks at once, and two heaps for all threads, not eight
    per processor. Saves 3 MB of a function that handles batches.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, 128 * 1024)
        library.mallopt(M_ARENA_MAX, 2)


def receive(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next request and its descriptors; None when the lab is gone."""
    data, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES, MAX_DESCRIPTORS)
    while data:
        if len(data) >= 4 and len(data) == 4 + int.from_bytes(data[:4]):
            return json.loads(data[4:]), descriptors
        more = control.recv(REQUEST_BYTES)
        if not more:
            break
        data += more
    return None


def serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork a process for each request. Returns in a handler, with its plan, or when it is over."""
    while (received := receive(control)) is not None:
        plan, descriptors = received
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            supervisor.supervise(plan, descriptors)
            return plan
        for descriptor in descriptors:
            os.close(descriptor)
    return None


def main() -> None:
    gc.disable()
    return_memory()
    for name in RUNTIME_MODULES:
        importlib.import_module(name)
    if sys.argv[2] == "sdk":
        for name in SDK_MODULES:
            importlib.import_module(name)
        share_models()
    # Nobody waits for the supervisors.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    plan = serve(socket.socket(fileno=int(sys.argv[1])))
    if plan is not None:
        gc.enable()
        preloaded = {name.partition(".")[0] for name in sys.modules.keys() - BARE}
        bootstrap.start(plan, preloaded)


if __name__ == "__main__":
    main()
