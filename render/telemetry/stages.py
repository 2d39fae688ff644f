"""Where the time of one try of a clip goes: seconds by stage, which become measurements and the leaves of its trace."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class Spell:
    """The time of one stage, which may have been left and taken up again."""

    began_ns: int
    """Nanoseconds since 1970."""
    ended_ns: int
    seconds: float = 0.0
    """Spent in it, between the two."""


class Stages:
    """A clock that stages are named to. One stage at a time: they stream into each other, chunk by chunk."""

    def __init__(self) -> None:
        self.began_ns = time.time_ns()
        self._spells: dict[str, Spell] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block."""
        began_ns, began = time.time_ns(), time.perf_counter()
        try:
            yield
        finally:
            self._add(name, began_ns, time.perf_counter() - began)

    def so_far(self, name: str) -> None:
        """Count all the time since the clock was made."""
        self._add(name, self.began_ns, (time.time_ns() - self.began_ns) / 1e9)

    def drawn(self, name: str, items: Iterator[Item]) -> Iterator[Item]:
        """The same items; the time that each takes to come is counted."""
        end = object()
        while True:
            with self.stage(name):
                item = next(items, end)
            if item is end:
                return
            yield item  # type: ignore[misc]

    def spells(self) -> Mapping[str, Spell]:
        """What was counted, in the order in which the stages began."""
        return self._spells

    def _add(self, name: str, began_ns: int, seconds: float) -> None:
        spell = self._spells.setdefault(name, Spell(began_ns, began_ns))
        spell.ended_ns = time.time_ns()
        spell.seconds += seconds
