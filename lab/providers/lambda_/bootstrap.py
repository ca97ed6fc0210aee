"""How a handler process begins: with the function's variables and search path, then AWS's runtime.

Linked into the runtime's folder, where AWS has a file of the same name. Usually called in a process
forked from a :mod:`zygote`. A function that would notice is started in an interpreter of its own
instead, ``python -P bootstrap.py HANDLER TASK_ROOT LAYERS_ROOT``: if its code or layers bring a
module that the zygote has already imported, libraries for the dynamic linker, or if it sets a
variable that is read when an interpreter starts.

Puts the function's code and its layers in front of everything else, then hands over to AWS's
runtime interface client, which loads the handler and asks for invocations.
"""

# Importing pathlib would cost a tenth of a cold start.
# ruff: noqa: PTH112, PTH118, PTH208
import os
import sys
import time
from typing import Any

READ_AT_START = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LC_", "LANG", "OPENSSL_", "SSL_")


def start(plan: dict[str, Any], preloaded: set[str]) -> None:
    """Become the function of a plan. ``preloaded`` are the modules that are imported already."""
    os.environ.clear()
    os.environ.update(plan["environment"])
    if hasattr(time, "tzset"):
        time.tzset()
    if not plan["warm"] or _would_notice(plan, preloaded):
        _execute(plan["command"])
    sys.argv[:] = plan["command"][-4:]
    main()


def _execute(command: list[str]) -> None:
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)


def _would_notice(plan: dict[str, Any], preloaded: set[str]) -> bool:
    if any(name.startswith(READ_AT_START) for name in plan["own_variables"]):
        return True
    task_root, layers_root = plan["task_root"], plan["layers_root"]
    if os.path.isdir(os.path.join(layers_root, "lib")) or "lib" in _names(task_root):
        return True
    for folder in search_path(task_root, layers_root):
        for name in _names(folder):
            if ".so" in name or name.partition(".")[0] in preloaded:
                return True
    return False


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def search_path(task_root: str, layers_root: str) -> list[str]:
    """Where a function's modules are, before those of the runtime."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = os.path.join(layers_root, "python")
    return [task_root, os.path.join(python, "lib", version, "site-packages"), python]


def main() -> None:
    layers_root, task_root = sys.argv.pop(), sys.argv.pop()
    sys.path[:0] = search_path(task_root, layers_root)
    # Later than the path is set, as on AWS: a layer may bring another version of it.
    from awslambdaric.__main__ import main as serve

    serve(sys.argv)


if __name__ == "__main__":
    main()
