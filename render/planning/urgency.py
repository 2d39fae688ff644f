"""How urgent a job is among all that a cluster has, of whichever batch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from render.model import Row

MOST = 1000
"""Priorities beyond it, or below its negative, count as it."""
_MINUTES = 1 << 28
"""Deadlines are told apart by the minute, for five centuries from 1970."""


def urgency(rows: Iterable[Row]) -> int:
    """A number that is the larger the sooner the clip of these rows is to be made; its bits are fewer than 40.

    A higher priority comes first, at equal priority an earlier deadline, rows without a deadline last. Of several rows
    the most urgent one counts.
    """
    return max(map(_of, rows))


def _of(row: Row) -> int:
    priority = min(max(row.priority, -MOST), MOST)
    if not row.deadline:
        return priority * _MINUTES
    minutes = int(datetime.fromisoformat(row.deadline).timestamp() // 60)
    return priority * _MINUTES + _MINUTES - 1 - min(max(minutes, 0), _MINUTES - 2)
