"""What the kernel tells of a process, so that one is not taken for another that has got its number."""

from __future__ import annotations

import os
from pathlib import Path


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
