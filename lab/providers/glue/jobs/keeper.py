"""Starts one process of a job and sees to it that nothing of it outlives the lab.

``python -I -S keeper.py``, with a JSON document on one line of standard input: ``command``,
``environment``, ``folder``. The end of standard input means that the lab is gone or wants the run
gone: then, as when the script ends, everything that was started is killed. Exits as the script
does, by a signal with 128 and its number.

A process of its own, because nobody else notices when the lab was killed. Elsewhere than on Linux a
daemon that made a session of its own survives.
"""

# ruff: noqa: PTH123 - importing pathlib would cost a third of its start.
import ctypes
import json
import os
import select
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LINUX = sys.platform == "linux"
LAB = 0


def read_plan() -> dict[str, object]:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(LAB, 65536)
        if not byte:
            os._exit(1)
        line += byte
    return dict(json.loads(line))


def prctl(option: int, value: int) -> None:
    if LINUX:
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def become_script(plan: dict[str, object]) -> None:
    """In the child: a group of its own, nothing to read, then the script's program."""
    os.setsid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), LAB)
    command = [str(word) for word in plan["command"]]  # type: ignore[attr-defined] # from JSON
    try:
        os.chdir(str(plan["folder"]))
        os.execve(command[0], command, plan["environment"])  # type: ignore[arg-type] # noqa: S606
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def watch(script: int, wakeup: int) -> int:
    """How the script ended; -9 when the lab wanted its end."""
    while True:
        ready, _, _ = select.select([LAB, wakeup], [], [])
        if wakeup in ready:
            os.read(wakeup, 512)
            try:
                while (found := os.waitpid(-1, os.WNOHANG))[0]:
                    if found[0] == script:
                        return os.waitstatus_to_exitcode(found[1])
            except ChildProcessError:
                return 1
        if LAB in ready and not os.read(LAB, 1):
            return -signal.SIGKILL


def kill_all(script: int) -> None:
    """The group, then whatever was left to us, until no child is left."""
    try:
        os.killpg(script, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        script = 0  # no member is left
    try:
        while True:
            for child in children():
                os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)
    except ChildProcessError:
        return


def children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listing:
            return [int(word) for word in listing.read().split()]
    except FileNotFoundError:
        return []


def main() -> None:
    os.setsid()  # a terminal's Ctrl-C is for the lab, which then closes its end
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    plan = read_plan()
    script = os.fork()
    if script == 0:
        become_script(plan)
    ending = watch(script, reader)
    kill_all(script)
    os._exit(ending if ending >= 0 else 128 - ending)


if __name__ == "__main__":
    main()
