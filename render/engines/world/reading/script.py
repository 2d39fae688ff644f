"""When things happen: which action each time of the prompt belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from render.engines.world.reading.binding import Told
from render.engines.world.reading.meaning import Role

OPENING = frozenset({"and", "then", "but", "while", "when", "so"})
"""Words that begin something new: a time behind them belongs to what follows."""


def schedule(told: Sequence[Told], gaps: Sequence[frozenset[str]]) -> tuple[dict[int, float], frozenset[int]]:
    """Seconds for each action, by its index, and the indices of the times that found one.

    A time holds for the action before it in its clause ("it drops after two seconds"), or, where it opens a clause, for
    the one behind it. "Two seconds later" counts from the latest time before it.
    """
    at: dict[int, float] = {}
    used = set()
    clock = 0.0
    actions = [k for k, one in enumerate(told) if one.meaning.role is Role.ACTION and not one.phrase.negated]
    for index, one in enumerate(told):
        token = one.phrase.first
        if token.time is None:
            continue
        opens = bool(gaps[index] & OPENING) or index == 0 or told[index - 1].phrase.first.clause != token.clause
        before = [k for k in actions if k < index and k not in at and told[k].phrase.first.clause == token.clause]
        after = [k for k in actions if k > index and k not in at]
        choice = after[:1] if opens or not before else before[-1:]
        if choice:
            clock = clock + token.time if token.later else token.time
            at[choice[0]] = clock
            used.add(index)
    return at, frozenset(used)
