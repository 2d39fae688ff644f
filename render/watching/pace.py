"""How fast clips end, and when the last one will have. Without a clock: instants are seconds since 1970."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW_SECONDS = 300.0
"""What "of late" means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Clips a minute, and what follows from it."""

    lately: float | None
    """Over the last minutes; None before the first clip has ended."""
    overall: float | None
    """Since the batch was taken in; None before the first clip has ended."""
    seconds_left: float | None
    """Until the last one has ended, if it goes on as of late; None where nothing has ended of late."""


def pace(ended: Sequence[float] | NDArray[np.float64], *, left: int, start: float, now: float) -> Pace:
    """``ended``: when each clip ended, in any order; ``left``: clips that have not; ``start``: of the batch.

    After a pause longer than the window what was before it does not count as of late.
    """
    instants = np.sort(np.asarray(ended, np.float64))
    instants = np.clip(instants, min(start, now), now)  # clocks differ
    if not len(instants):
        return Pace(lately=None, overall=None, seconds_left=0.0 if left <= 0 else None)
    late = instants[instants > now - WINDOW_SECONDS]
    counted, since = len(late), max(start, now - WINDOW_SECONDS)
    before = len(instants) > len(late) and instants[-len(late) - 1] > now - 2 * WINDOW_SECONDS
    if counted > 1 and start < since and not before:  # it goes on after a pause
        counted, since = counted - 1, float(late[0])
    lately = _a_minute(counted, now - since)
    return Pace(
        lately=lately,
        overall=_a_minute(len(instants), now - start),
        seconds_left=0.0 if left <= 0 else left / lately * 60 if lately else None,
    )


def _a_minute(count: int, seconds: float) -> float:
    return count * 60 / max(seconds, 1.0)
