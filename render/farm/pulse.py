"""Work that must get on: a process in which nothing moves for too long is ended hard, whatever it hangs in.

The C library's watchdog of :mod:`faulthandler` does it: it needs no interpreter, so a call that never returns and never
gives up Python's lock is ended too. Where each thread hung goes to stderr.
"""

from __future__ import annotations

import faulthandler
import sys
import threading
import time
from collections.abc import Callable
from typing import Self

SHARE = 20
"""A beat counts if this share of the allowed time has passed since the last one that did."""

_lock = threading.Lock()
_ends_at: dict[Pulse, float] = {}


class Pulse:
    """Around work of one thread, which beats as it gets on. Without a beat for ``seconds`` the process ends.

    It may end up to a twentieth earlier, since beats that follow each other closely are not counted.
    """

    def __init__(self, seconds: float, moved: Callable[[], None]) -> None:
        """``moved`` is called for each beat that counts."""
        self._seconds = seconds
        self._moved = moved
        self._counted_at = 0.0

    def __enter__(self) -> Self:
        with _lock:
            _ends_at[self] = 0.0
        self._count(time.monotonic())
        return self

    def __exit__(self, *_: object) -> None:
        with _lock:
            del _ends_at[self]
            _arm()

    def beat(self) -> None:
        """Say that the work gets on; of no account once it is over."""
        now = time.monotonic()
        if now - self._counted_at >= self._seconds / SHARE:
            self._count(now)
            self._moved()

    def _count(self, now: float) -> None:
        self._counted_at = now
        with _lock:
            if self in _ends_at:
                _ends_at[self] = now + self._seconds
                _arm()


def _arm() -> None:
    """Set the process's one watchdog to the earliest end, if work is going on."""
    if _ends_at:
        left = max(0.001, min(_ends_at.values()) - time.monotonic())
        faulthandler.dump_traceback_later(left, exit=True, file=sys.__stderr__ or 2)
    else:
        faulthandler.cancel_dump_traceback_later()
