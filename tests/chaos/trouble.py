"""What can go wrong with one operation on storage, and the trials that put it there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

RUNS = 5
"""After so many tries the command must have come to its end; as a rule the second does it."""


class Mode(StrEnum):
    """What becomes of the operation that is chosen."""

    BEFORE = "crash before it"
    AFTER = "crash after it"
    LOST = "its answer is lost"
    LATE = "it happens after its caller has given up"
    """As the same caller, or another, is about to do it again; else when the process ends."""


@dataclass(frozen=True, slots=True)
class Case:
    """One operation of an undisturbed run, counted from 0, and what happens to it."""

    at: int
    operation: str
    mode: Mode
    nth: int
    """Of the operations with this name, counted from 0; threads may change the order of the others."""


def cases(operations: Iterable[str], late: Collection[str]) -> list[Case]:
    """Each operation in every mode; ``late`` are those that can happen late."""
    found: list[Case] = []
    seen: Counter[str] = Counter()
    for at, name in enumerate(operations):
        found += [Case(at, name, mode, seen[name]) for mode in Mode if mode is not Mode.LATE or name in late]
        seen[name] += 1
    return found


class Ground(ABC):
    """A kind of store on which the batch is run and disturbed."""

    late: ClassVar[Collection[str]] = ()
    """Operations that can be made to happen late."""

    @abstractmethod
    def command(self, folder: Path, number: int, case: Case | None) -> bool:
        """Give the command for the ``number``-th time, into the case's trouble if there is one; whether it ended."""

    @abstractmethod
    def operations(self) -> Sequence[str]:
        """What the last command did to storage, in order."""

    @abstractmethod
    def attempts(self, folder: Path) -> dict[str, str]:
        """The attempt that each clip's record names, by fingerprint."""

    @abstractmethod
    def violations(self, folder: Path, before: dict[str, str]) -> list[str]:
        """What is not as an undisturbed run leaves it, on storage or in scratch.

        ``before`` are the attempts before the last command.
        """

    def cases(self, folder: Path) -> list[Case]:
        """Every operation of an undisturbed run in every mode that there is for it."""
        ended = self.command(folder, 0, None)
        operations = list(self.operations())
        wrong = self.violations(folder, {})
        assert ended, "an undisturbed run did not end"
        assert not wrong, f"an undisturbed run: {wrong}"
        return cases(operations, self.late)

    def play(self, folder: Path, case: Case) -> list[str]:
        """Run into the case's trouble, run again until it is done, and say what is wrong then."""
        before: dict[str, str] = {}
        for number in range(RUNS):
            if self.command(folder, number, case if number == 0 else None):
                return self.violations(folder, before)
            before = self.attempts(folder)
        return [f"not done after {RUNS} runs"]
