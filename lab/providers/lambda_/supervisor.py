"""Runs one handler process and sees to it that nothing of it outlives the lab.

A script of its own (standard library only, ``python -I -S supervisor.py``) because only another
process can notice that the lab was killed with SIGKILL while the handler is in an endless loop.
File descriptor 0 is a socket to the lab: its end of file means that the lab is gone or wants the
environment gone; a byte means "kill the handler, keep its /tmp". The other way go the lines ``pid
N``, then ``exit N PEAK`` or ``signal N PEAK``, with the handler's peak memory in bytes.

The handler leads a process group. On Linux its orphans come to the supervisor (child subreaper), so
that daemons which left the group are found too, and the handler dies with the supervisor. Elsewhere
a daemon that made a session of its own survives.
"""

# Importing pathlib would cost a tenth of a cold start. /tmp is meant, and it is a private one.
# ruff: noqa: PTH103, PTH120, PTH123, S108
import os
import resource
import select
import signal
import sys

LINUX = sys.platform == "linux"
LAB = 0
DESCRIPTORS = 1024
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC = 1, 32, 4096, 16384
MS_PRIVATE, MS_RELATIME = 1 << 18, 1 << 21
ST_RELATIME = 4096
# nosuid, nodev, noexec, noatime, nodiratime: the same bits in statvfs and mount. A remount in a
# user namespace may not drop them.
LOCKED_FLAGS = 2 | 4 | 8 | 1024 | 2048

if LINUX:
    import ctypes

    _LIBC = ctypes.CDLL(None, use_errno=True)


class Arguments:
    """The command line: ``TMP_FOLDER MOUNTS READ_ONLY KEPT WORKING_FOLDER COMMAND...``.

    ``READ_ONLY`` and ``KEPT`` are folders joined by colons. ``MOUNTS`` is ``mounts`` for a private
    mount table with ``TMP_FOLDER`` at /tmp, or ``plain``. ``KEPT`` folders stay visible though they
    lie under /tmp.
    """

    def __init__(self, words: list[str]) -> None:
        self.tmp, mounts, read_only, kept, self.working_folder = words[:5]
        self.private_mounts = mounts == "mounts"
        self.read_only = [folder for folder in read_only.split(":") if folder]
        self.kept = [folder for folder in kept.split(":") if folder]
        self.command = words[5:]


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


def main(words: list[str]) -> int:
    arguments = Arguments(words)
    wakeup = _wake_on_child()
    if LINUX:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
    pid = os.fork()
    if pid == 0:
        _become_handler(arguments)
    handler = Handler(pid)
    _tell(f"pid {pid}")
    lab_is_gone = _watch(handler, wakeup)
    handler.kill_all()
    _tell(handler.ending)
    if lab_is_gone:
        _remove(os.path.dirname(arguments.tmp))
    return 0


def _remove(folder: str) -> None:
    # Imported late: with its compression modules it would double the time to start.
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


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


def _become_handler(arguments: Arguments) -> None:
    """In the child: leave the lab's descriptors and session, then run the command."""
    try:
        if LINUX:
            _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), LAB)
        if arguments.private_mounts:
            enter_private_mounts(arguments)
        _limit_resources()
        os.chdir(arguments.working_folder)
        os.execv(arguments.command[0], arguments.command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(2, f"The execution environment cannot be set up: {error}\n".encode())
    os._exit(127)


def _limit_resources() -> None:
    """What Lambda allows (AWS documentation, "Lambda quotas"), and no core file of a crash."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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


def _tell(line: str) -> None:
    try:
        os.write(LAB, line.encode() + b"\n")
    except OSError:
        # The lab is gone; there is nobody to tell.
        return


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def enter_private_mounts(arguments: Arguments) -> None:
    """Give this process a mount table of its own: a private /tmp, and code that cannot be written
    to.

    Someone else than root needs a user namespace for it, in which they stay who they are.
    """
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        os.unshare(os.CLONE_NEWNS)
    else:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
    _mount("none", "/", MS_REC | MS_PRIVATE)
    for folder in arguments.kept:
        if folder.startswith("/tmp/"):
            inside = arguments.tmp + folder.removeprefix("/tmp")
            os.makedirs(inside, exist_ok=True)
            _mount(folder, inside, MS_BIND | MS_REC)
    _mount(arguments.tmp, "/tmp", MS_BIND | MS_REC)
    for folder in arguments.read_only:
        _mount(folder, folder, MS_BIND)
        flags = os.statvfs(folder).f_flag
        locked = flags & LOCKED_FLAGS | (MS_RELATIME if flags & ST_RELATIME else 0)
        _mount("none", folder, MS_BIND | MS_REMOUNT | MS_RDONLY | locked)


def _mount(source: str, target: str, flags: int) -> None:
    if _LIBC.mount(source.encode(), target.encode(), None, ctypes.c_ulong(flags), None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount {target}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
