"""Lays the rows of an experiment out for comparing: a line is one prompt, its cells are the variants."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from render.experiments.view import Entry

T = TypeVar("T")

MOST_BESIDE = 12
"""Clips up to which differing prompts share a line: a browser plays these in step, and a person sees them at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One variant's clip in a line."""

    entry: Entry
    also: tuple[Entry, ...] = ()
    """Further rows that asked for this very clip under this variant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Clips that belong side by side."""

    prompt: str
    """What all its clips were asked to show; empty when the prompts themselves are what is compared."""
    common: str
    """Then the words that the prompts begin and end with alike, an ellipsis for the others; empty if there are none."""
    cells: tuple[Cell, ...]
    """At most one a variant, in the experiment's order of variants."""


def variants(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The variants' names in order of appearance."""
    return tuple(dict.fromkeys(entry.row.variant for entry in entries))


def lines(entries: Sequence[Entry]) -> tuple[Line, ...]:
    """Put the entries of one experiment side by side.

    Rows with the same prompt stand in one line across variants; the second row of a prompt and variant (another
    seed, say) goes into that prompt's second line. Prompts of which each variant has at most one, because they are
    what is compared or vary with it, share their line, up to :data:`MOST_BESIDE` clips.
    """
    order = {variant: place for place, variant in enumerate(variants(entries))}
    prompts = _group(_fold(entries), key=lambda cell: (cell.entry.row.prompt, cell.entry.row.shots))
    laid: list[list[Cell]] = []
    free: dict[str, int] = {}
    closed = 0
    for side in (side for group in prompts for side in _aligned(group)):
        place = max(closed, *(free.get(cell.entry.row.variant, 0) for cell in side))
        while place < len(laid) and len(laid[place]) + len(side) > MOST_BESIDE:
            closed += place == closed
            place += 1
        if place == len(laid):
            laid.append([])
        laid[place] += side
        free |= {cell.entry.row.variant: place + 1 for cell in side}
    return tuple(_line(cells, order) for cells in laid)


def _fold(entries: Sequence[Entry]) -> list[Cell]:
    """One cell for rows that share variant and fingerprint."""
    groups = _group(entries, key=lambda entry: (entry.row.variant, entry.fingerprint or (entry.batch, entry.row.row)))
    return [Cell(entry=group[0], also=tuple(group[1:])) for group in groups]


def _aligned(cells: Sequence[Cell]) -> list[list[Cell]]:
    """The first cell of every variant, then the second of those that have one, and so on."""
    sides: list[list[Cell]] = []
    for column in _group(cells, key=lambda cell: cell.entry.row.variant):
        sides += [[] for _ in column[len(sides) :]]
        for side, cell in zip(sides, column, strict=False):
            side.append(cell)
    return sides


def _line(cells: Sequence[Cell], order: Mapping[str, int]) -> Line:
    """The cells side by side; ``order`` gives each variant's place."""
    prompts = sorted({cell.entry.row.prompt for cell in cells})
    same = len(prompts) == 1
    return Line(
        prompt=prompts[0] if same else "",
        common="" if same else _common(prompts),
        cells=tuple(sorted(cells, key=lambda cell: order[cell.entry.row.variant])),
    )


def _common(prompts: Sequence[str]) -> str:
    words = [prompt.split() for prompt in prompts]
    first = _beginning(words)
    last = _beginning([one[len(first) :][::-1] for one in words])[::-1]
    return " ".join([*first, "…", *last]) if first or last else ""


def _beginning(texts: Sequence[Sequence[str]]) -> list[str]:
    """The words with which all texts begin."""
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False))]


def _group(items: Iterable[T], *, key: Callable[[T], Hashable]) -> list[list[T]]:
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
