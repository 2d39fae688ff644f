"""How the rows ended, counted, and the one sentence that says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from render.model import End, ReasonKind

_WHY = {
    ReasonKind.INVALID: "malformed",
    ReasonKind.POLICY: "refused by policy",
    ReasonKind.CHECK: "stopped by a check",
    ReasonKind.REVIEW: "refused by a person",
    ReasonKind.ENGINE: "beyond the engine",
    ReasonKind.INFRASTRUCTURE: "lost by the farm",
    ReasonKind.CANCELLED: "cancelled",
    None: "for another reason",
}

SAID = (End.PUBLISHED, End.REUSED, End.HELD, End.FAILED, End.WITHDRAWN)
"""The order in which ends are said; what is unfinished and what is rejected follow, for they need more words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows by their end."""

    rows: int
    ends: Mapping[End, int]
    """All six ends, always."""
    unfinished: int
    """Rows that the batch has not settled yet."""
    made: int
    """Of these, the ones whose clip can be watched already."""
    rejected: Mapping[ReasonKind | None, int]
    """The rejected ones by who has to act."""


def count(ends: Iterable[tuple[End | None, ReasonKind | None]], *, made: int = 0) -> Counts:
    """Count rows, each given as its end (None while unfinished) and its reason's kind; ``made`` as in the counts."""
    ends = list(ends)
    found = Counter(end for end, _ in ends)
    return Counts(
        rows=len(ends),
        ends={end: found[end] for end in End},
        unfinished=found[None],
        made=made,
        rejected=Counter(kind for end, kind in ends if end is End.REJECTED),
    )


def sentence(counts: Counts) -> str:
    """Say the counts in one sentence, such as "9 rows: 6 published, 3 rejected — 2 of them malformed, …"."""
    if not counts.rows:
        return "No rows."
    said = [f"{counts.ends[end]:,} {end}" for end in SAID if counts.ends[end]]
    if counts.unfinished:
        said.append(waiting(counts))
    if counts.ends[End.REJECTED]:
        said.append(f"{counts.ends[End.REJECTED]:,} rejected{_because(counts)}")
    return f"{counts.rows:,} {'row' if counts.rows == 1 else 'rows'}: {', '.join(said)}."


def waiting(counts: Counts) -> str:
    """Say how many rows are unfinished, and how many of them have a clip."""
    of_them = f", {counts.made:,} of them with a clip" if counts.made else ""
    return f"{counts.unfinished:,} not finished yet{of_them}"


def _because(counts: Counts) -> str:
    kinds = [(kind, counts.rejected[kind]) for kind in _WHY if counts.rejected.get(kind)]
    if not kinds:
        return ""
    if len(kinds) == 1:
        return f" — {'all of them ' if kinds[0][1] > 1 else ''}{_WHY[kinds[0][0]]}"
    (first, number), *others = kinds
    return f" — {number:,} of them {_WHY[first]}" + "".join(f", {many:,} {_WHY[kind]}" for kind, many in others)
