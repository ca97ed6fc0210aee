"""Watches one handler process and sees to it that nothing of it outlives the lab.

A process of its own, forked from a :mod:`zygote`, because only another process can notice that the
lab was killed with SIGKILL while the handler is in an endless loop. File descriptor 0 is a socket
to the lab: its end of file means that the lab is gone or wants the environment gone; a byte means
"kill the handler, keep its /tmp". The other way go the lines ``pid N SUPERVISOR``, with
descriptors of the namespaces, then ``exit N PEAK`` or ``signal N PEAK``, with the handler's peak
memory in bytes.

The handler leads a process group. On Linux its orphans come to the supervisor (child subreaper), so
that daemons which left the group are found too, and the handler dies with the supervisor. Elsewhere
a daemon that made a session of its own survives.
"""

# ruff: noqa: PTH120, PTH123 - importing pathlib would cost a tenth of a cold start.
import ctypes
import os
import resource
import select
import shutil
import signal
import socket
import sys
from typing import Any, NoReturn

from lab.providers.lambda_ import filesystem

LINUX = sys.platform == "linux"
LAB, OUTPUT, ERRORS, TELEMETRY = 0, 1, 2, 3
# AWS documentation, "Lambda quotas": file descriptors; processes and threads.
DESCRIPTORS = PROCESSES = 1024
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
CAPABILITY_VERSION_3 = 0x20080522
# More than a zygote ever has open.
MAX_OPEN = 4096
# Since this kernel, the number of processes is counted within a user namespace.
PROCESSES_COUNTED_IN_NAMESPACE = (5, 14)

_LIBC = ctypes.CDLL(None, use_errno=True)


class Handler:
    """The handler process as its parent sees it: its pid, and once it has ended, how."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ending = ""

    def reap(self, options: int) -> bool:
        """Collect one dead child, ours or an orphan; says whether there was one. Without any child,
        an error.
        """
        pid, status, usage = os.wait4(-1, options)
        if pid == self.pid:
            code = os.waitstatus_to_exitcode(status)
            peak = usage.ru_maxrss * (1024 if LINUX else 1)
            self.ending = f"exit {code} {peak}" if code >= 0 else f"signal {-code} {peak}"
        return pid != 0

    def kill_all(self) -> None:
        """Kill the handler's group, then whatever was left to us, until no child is left."""
        _kill_group(self.pid)
        try:
            while True:
                for pid in _children():
                    os.kill(pid, signal.SIGKILL)
                self.reap(0)
        except ChildProcessError:
            return


def supervise(plan: dict[str, Any], descriptors: list[int]) -> None:
    """Fork the handler and watch it to its end. Returns in the handler only, ready to load code.

    ``descriptors`` are the socket to the lab, where output goes, and the namespaces of an earlier
    process of the environment, if there was one.
    """
    os.setsid()
    control, output, *namespaces = descriptors
    for source, target in ((control, LAB), (output, OUTPUT), (output, ERRORS)):
        os.dup2(source, target)
    os.close(control)
    os.close(output)
    wakeup = _wake_on_child()
    lab = socket.socket(fileno=os.dup(LAB))
    try:
        told = _enter(plan, namespaces)
        pid = os.fork()
        if pid == 0:
            lab.close()
            _become_handler(plan)
            return
    except OSError as error:
        os.write(ERRORS, f"The execution environment cannot be set up: {error}\n".encode())
        os._exit(127)
    _leave(lab, Handler(pid), wakeup, told, "" if plan["private_files"] else plan["tmp"])


def _enter(plan: dict[str, Any], namespaces: list[int]) -> list[int]:
    """Go where the handler will be; returns the namespaces that the lab is to keep."""
    if LINUX:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
    if not plan["private_files"]:
        if plan["user"] and plan["tmp"]:
            os.chown(plan["tmp"], plan["user"], plan["user"])
        return []
    if namespaces:
        filesystem.enter_again(namespaces)
        return []
    filesystem.enter(plan)
    return filesystem.namespaces()


def _leave(
    lab: socket.socket, handler: Handler, wakeup: int, told: list[int], tmp: str
) -> NoReturn:
    """Be the supervisor until the handler ends or must end; clear up, say how it ended, end."""
    try:
        socket.send_fds(lab, [f"pid {handler.pid} {os.getpid()}\n".encode()], told)
        for descriptor in told:
            os.close(descriptor)
        # Every writer must be the handler's, or the end of its output would not be seen.
        os.dup2(os.open(os.devnull, os.O_RDWR), OUTPUT)
        os.dup2(OUTPUT, ERRORS)
        lab_is_gone = _watch(handler, wakeup)
        handler.kill_all()
        if lab_is_gone and tmp:
            shutil.rmtree(os.path.dirname(tmp), ignore_errors=True)
        lab.send(handler.ending.encode() + b"\n")
    except OSError:
        # The lab is gone; there is nobody to tell.
        handler.kill_all()
    os._exit(0)


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # No member is left. macOS says "not permitted" of a group of dead processes.
        return


def _wake_on_child() -> int:
    """A descriptor that becomes readable when a child changes state."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def _become_handler(plan: dict[str, Any]) -> None:
    """In the child: leave the lab's descriptors, session and user, and take the limits."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), LAB)
    os.dup2(OUTPUT, TELEMETRY)
    os.closerange(TELEMETRY + 1, MAX_OPEN)
    _limit_resources(plan)
    _drop_rights(plan["user"])
    if LINUX:
        # Last: changing the user clears it.
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(plan["task_root"])


def _limit_resources(plan: dict[str, Any]) -> None:
    """What Lambda allows, and no core file of a crash."""
    _limit(resource.RLIMIT_NOFILE, DESCRIPTORS)
    _limit(resource.RLIMIT_CORE, 0)
    if plan["user"] or (plan["private_files"] and _counts_in_namespace()):
        _limit(resource.RLIMIT_NPROC, PROCESSES)


def _limit(what: int, wanted: int) -> None:
    _, hard = resource.getrlimit(what)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(what, (allowed, allowed))


def _counts_in_namespace() -> bool:
    release = os.uname().release.split("-")[0].split(".")
    return tuple(map(int, release[:2])) >= PROCESSES_COUNTED_IN_NAMESPACE


def _drop_rights(user: int) -> None:
    """Become a user of no account, if there is one for us, and never get a right again."""
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    if LINUX:
        # Those of a user namespace: a process that does not execute another program keeps them.
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        if user or os.getuid() != 0:
            _LIBC.capset(header, (ctypes.c_uint32 * 6)())
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        # Another user's process may not even read its own /proc/self unless it says so.
        _prctl(PR_SET_DUMPABLE, 1)


def _watch(handler: Handler, wakeup: int) -> bool:
    """Wait until the handler ends or must end; says whether the lab wants its folder gone too."""
    while True:
        ready, _, _ = select.select([LAB, wakeup], [], [])
        if wakeup in ready:
            os.read(wakeup, 512)
            if _has_ended(handler):
                return False
        if LAB in ready:
            return not _order()


def _has_ended(handler: Handler) -> bool:
    try:
        while handler.reap(os.WNOHANG):
            continue
    except ChildProcessError:
        return True
    return bool(handler.ending)


def _order() -> bytes:
    try:
        return os.read(LAB, 1)
    except OSError:
        return b""


def _children() -> list[int]:
    """Our children as Linux lists them; elsewhere none, and killing the group has to do."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listing:
            return [int(word) for word in listing.read().split()]
    except FileNotFoundError:
        return []


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
