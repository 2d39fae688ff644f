"""Node-local directories for files in the making: one a process, locked as long as it lives, to know those of the dead.

The lock is the kernel's, which lets go of it however a process ends: so containers that share a volume do not take each
other's, and one that is made anew, under another host's name, finds what its forerunner left. Where a file system has
no such locks, nothing is swept; where it keeps them for one machine alone (NFS with ``local_lock``), machines must not
share a directory.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEW = "new-"
_NAME = re.compile(r"nightreel-.+-\d+-\w{8}")


@functools.cache
def of_process(root: Path) -> Path:
    """The directory of this process below ``root``, made at the first call and removed at exit.

    The first call also removes the directories of dead processes.
    """
    root = root.absolute()
    sweep(root)
    root.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=root))
    lock = os.open(new, os.O_RDONLY)  # stays open as long as the process lives
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX)
    own = new.rename(root / f"nightreel-{socket.gethostname()}-{os.getpid()}-{new.name.removeprefix(_NEW)}")
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def sweep(root: Path) -> list[Path]:
    """Remove the directories of dead processes below ``root``; gives what was removed."""
    dead = [path for path in root.glob("nightreel-*") if _NAME.fullmatch(path.name) and _is_free(path)]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return dead


@contextmanager
def private(root: Path, prefix: str) -> Iterator[Path]:
    """A new directory below this process's own, removed at the end whatever happens."""
    try:
        path = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=of_process(root)))
    except FileNotFoundError:  # somebody has removed the process's own
        of_process.cache_clear()
        path = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=of_process(root)))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _is_free(path: Path) -> bool:
    """Whether no process has locked it."""
    try:
        seen = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # another user's, or gone meanwhile
        return False
    try:
        fcntl.flock(seen, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(seen)
    return True
