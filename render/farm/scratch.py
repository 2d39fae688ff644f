"""Node-local directories for files in the making: one a process, named so that those of dead processes are known."""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = re.compile(r"(?P<host>.+)-(?P<pid>\d+)-(?P<start>\d+)")


def start_time(pid: int) -> int | None:
    """When a process started, in the kernel's ticks since boot; None if there is no such process.

    Where the kernel does not tell (no ``/proc``), 0 for every living process.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:  # alive, and another user's
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return 0 if not Path("/proc/self").exists() else None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])


@functools.cache
def of_process(root: Path) -> Path:
    """The directory of this process below ``root``, made at the first call and removed at exit.

    The first call also removes the directories of processes of this host that are dead.
    """
    root = root.absolute()
    sweep(root)
    own = root / f"{socket.gethostname()}-{os.getpid()}-{start_time(os.getpid())}"
    own.mkdir(parents=True, exist_ok=True)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def sweep(root: Path) -> list[Path]:
    """Remove the directories of this host's dead processes below ``root``; gives what was removed."""
    dead = [path for path in root.glob("*-*-*") if _is_dead(path.name)]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return dead


@contextmanager
def private(root: Path, prefix: str) -> Iterator[Path]:
    """A new directory below this process's own, removed at the end whatever happens."""
    path = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=of_process(root)))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _is_dead(name: str) -> bool:
    match = NAME.fullmatch(name)
    if match is None or match["host"] != socket.gethostname():
        return False
    return start_time(int(match["pid"])) != int(match["start"])
