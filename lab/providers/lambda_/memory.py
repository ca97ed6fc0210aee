"""How much memory an execution environment really uses: resident memory, of the handler and its
children.

Lambda's limit is enforced by looking, not by ``RLIMIT_AS``: address space says little about memory
(Python threads and Arrow reserve gigabytes that they never touch), and a process that hits that
limit gets a ``MemoryError`` where AWS kills it. The price: a function is killed up to one sample
(25 ms) after it has gone beyond its memory.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

import psutil

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LINUX = sys.platform == "linux"
# How long a look may take: a thousand processes that all want the processor would take seconds.
LOOK_SECONDS = 0.1


def peak_bytes(pid: int) -> int:
    """The most memory that this one process ever had: the kernel's own high-water mark, where it
    keeps one.
    """
    if not LINUX:
        return resident_bytes(pid)
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_bytes().split(b"\n"):
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def used_bytes(pid: int) -> int:
    """The memory of a process and all its descendants now. Memory that forked processes share
    counts once. Of so many processes that the look takes too long, the first ones count.
    """
    if not LINUX:
        return sum(map(resident_bytes, _family(pid)))
    deadline = time.monotonic() + LOOK_SECONDS
    family, used = [pid], 0
    for member in family:
        family += _children(member)
        if len(family) == 1:
            return resident_bytes(pid)
        used += _proportional_bytes(member)
        if time.monotonic() > deadline:
            break
    return used


def resident_bytes(pid: int) -> int:
    """The resident memory of one process; 0 when it has ended."""
    if not LINUX:
        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
        return 0
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE_BYTES
    return 0


def has_company(pid: int) -> bool:
    """Whether a process has other threads than its first one, or children."""
    if not LINUX:
        return True
    with contextlib.suppress(OSError):
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - asked at each invocation
        return len(threads) > 1 or bool(_children(pid))
    return False


def _proportional_bytes(pid: int) -> int:
    """Resident memory with each shared page divided by the number of its users."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().split(b"\n"):
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return resident_bytes(pid)


def _family(pid: int) -> list[int]:
    """The process and its descendants, where Linux's listings are not there to ask."""
    with contextlib.suppress(psutil.Error):
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return [pid]


def _children(pid: int) -> list[int]:
    """The children that each thread of a process has, as Linux lists them."""
    children: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.scandir(f"/proc/{pid}/task"):
            listing = Path(thread.path, "children").read_bytes()
            children += map(int, listing.split())
    return children
