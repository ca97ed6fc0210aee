"""The files that a function sees: AWS's places, and of this machine only what a program needs.

A function gets a mount table and a root of its own: its code at /var/task and its layers at /opt,
read-only; an empty /tmp of the size of its ephemeral storage; the machine's programs and libraries;
no home of anybody, no /dev/shm. Standard library only, no import of the lab: runs in a process that
becomes a function.

Someone else than root needs a user namespace for it, in which they stay who they are. Where neither
is allowed, :mod:`isolation` has found that out and nothing here is called.

Sources: AWS documentation, "Configure ephemeral storage for Lambda functions", "Packaging your
layer content"; mount_namespaces(7), user_namespaces(7), pivot_root(2).
"""

# Importing pathlib would cost a tenth of a cold start. /tmp is meant, and it is a private one.
# ruff: noqa: PTH102, PTH103, PTH108, PTH110, PTH112, PTH114, PTH115, PTH123, PTH211, S108
import ctypes
import os
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC = 1, 2, 4, 32, 4096, 16384
MS_PRIVATE, MS_RELATIME = 1 << 18, 1 << 21
MNT_DETACH = 2
ST_RELATIME = 4096
# nosuid, nodev, noexec, noatime, nodiratime: the same bits in statvfs and mount. A remount in a
# user namespace may not drop them.
LOCKED_FLAGS = 2 | 4 | 8 | 1024 | 2048
# Of the machine, where it has them. The last two are where some distributions keep everything.
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "proc", "sys")
SYSTEM_ELSEWHERE = ("nix/store", "gnu/store", "run/systemd/resolve")
DEVICES = ("null", "zero", "full", "random", "urandom")
USER_NAME = "sbx_user1051"
TASK_ROOT, LAYERS_ROOT = "/var/task", "/opt"

_LIBC = ctypes.CDLL(None, use_errno=True)


def enter(plan: dict[str, Any]) -> None:
    """Make the file system that a plan (see :class:`process.Sandbox`) describes, and enter it."""
    _unshare()
    _mount("none", "/", "", MS_REC | MS_PRIVATE)
    root = plan["root"]
    _mount("root", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    os.umask(0o022)
    os.mkdir(root + "/tmp")
    options = f"size={plan['storage_bytes']},mode=1777"
    _mount("tmp", root + "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options)
    _bind_system(root)
    if plan["user"]:
        _name_user(root, plan["user"])
    _bind(plan["code"], root + TASK_ROOT)
    _bind_layers(plan["layers"], root + LAYERS_ROOT)
    for folder in _with_links_followed(plan["visible"]):
        if not os.path.exists(root + folder):
            _bind(folder, root + folder)
    _mount("none", root, "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir(root)
    _check(_LIBC.pivot_root(b".", b"."), "pivot_root")
    _check(_LIBC.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def enter_again(namespaces: list[int]) -> None:
    """Enter what an earlier process of the same environment has made: its /tmp is still there."""
    for descriptor in namespaces:
        os.setns(descriptor, 0)
        os.close(descriptor)


def namespaces() -> list[int]:
    """Descriptors of our own namespaces, in the order to enter them; they keep /tmp alive."""
    kinds = ("mnt",) if os.getuid() == 0 else ("user", "mnt")
    return [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY) for kind in kinds]


def _unshare() -> None:
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        os.unshare(os.CLONE_NEWNS)
        return
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def _bind_system(root: str) -> None:
    for name in SYSTEM:
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
        elif os.path.isdir(f"/{name}"):
            _bind(f"/{name}", f"{root}/{name}", read_only=name not in ("proc", "sys"))
    for name in SYSTEM_ELSEWHERE:
        if os.path.isdir(f"/{name}"):
            _bind(f"/{name}", f"{root}/{name}")
    os.mkdir(root + "/dev")
    for name in DEVICES:
        _bind_file(f"/dev/{name}", f"{root}/dev/{name}")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{root}/dev/{name}")
    os.symlink("/proc/self/fd", root + "/dev/fd")


def _name_user(root: str, user: int) -> None:
    """Give the user of no account the name that AWS's has: some libraries ask for one."""
    with open("/etc/passwd", encoding="utf-8") as file:
        accounts = file.read()
    accounts += f"{USER_NAME}:x:{user}:{user}::/home/{USER_NAME}:/sbin/nologin\n"
    _write(f"{root}/passwd", accounts)
    _bind_file(f"{root}/passwd", f"{root}/etc/passwd")
    os.unlink(f"{root}/passwd")


def _bind_layers(layers: str, target: str) -> None:
    """One by one: the interpreter itself may be somewhere in /opt."""
    os.mkdir(target)
    for entry in os.scandir(layers):
        if entry.is_dir():
            _bind(entry.path, f"{target}/{entry.name}")
        else:
            _bind_file(entry.path, f"{target}/{entry.name}")


def _with_links_followed(folders: list[str]) -> list[str]:
    """Each folder by its name and by its true one, outer ones first."""
    return sorted({*folders, *map(os.path.realpath, folders)})


def _bind(source: str, target: str, *, read_only: bool = True) -> None:
    os.makedirs(target, exist_ok=True)
    _mount(source, target, "", MS_BIND | MS_REC)
    if read_only:
        flags = os.statvfs(target).f_flag
        locked = flags & LOCKED_FLAGS | (MS_RELATIME if flags & ST_RELATIME else 0)
        _mount("none", target, "", MS_BIND | MS_REMOUNT | MS_RDONLY | locked)


def _bind_file(source: str, target: str) -> None:
    if not os.path.exists(target):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    _mount(source, target, "", MS_BIND)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    answer = _LIBC.mount(
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _check(answer, f"mount {target}")


def _check(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
