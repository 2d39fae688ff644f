"""Lays the rows of an experiment out for comparing: a line is one prompt, its cells are the variants."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from render.experiments.view import Entry

T = TypeVar("T")


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
    cells: tuple[Cell, ...]
    """At most one a variant, in the experiment's order of variants."""


def variants(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The variants' names in order of appearance."""
    return tuple(dict.fromkeys(entry.row.variant for entry in entries))


def lines(entries: Sequence[Entry]) -> tuple[Line, ...]:
    """Put the entries of one experiment side by side.

    Rows with the same prompt stand in one line across variants; the second row of a prompt and variant (another
    seed, say) goes into that prompt's second line. If no prompt is shared by two variants, then the prompt is
    what is compared, and the variants' first rows stand together, then their second ones.
    """
    order = {variant: place for place, variant in enumerate(variants(entries))}
    cells = _fold(entries)
    prompts = _group(cells, key=lambda cell: (cell.entry.row.prompt, cell.entry.row.shots))
    if len(order) > 1 and all(len({cell.entry.row.variant for cell in group}) == 1 for group in prompts):
        return tuple(_aligned(cells, order))
    return tuple(line for group in prompts for line in _aligned(group, order))


def _fold(entries: Sequence[Entry]) -> list[Cell]:
    """One cell for rows that share variant and fingerprint."""
    groups = _group(entries, key=lambda entry: (entry.row.variant, entry.fingerprint or (entry.batch, entry.row.row)))
    return [Cell(entry=group[0], also=tuple(group[1:])) for group in groups]


def _aligned(cells: Sequence[Cell], order: Mapping[str, int]) -> list[Line]:
    """The n-th cell of every variant into the n-th line; ``order`` gives each variant's place."""
    columns = _group(cells, key=lambda cell: cell.entry.row.variant)
    columns.sort(key=lambda column: order[column[0].entry.row.variant])
    sides: list[list[Cell]] = [[] for _ in range(max(map(len, columns)))]
    for column in columns:
        for side, cell in zip(sides, column, strict=False):
            side.append(cell)
    laid = []
    for side in sides:
        shared = {cell.entry.row.prompt for cell in side}
        laid.append(Line(prompt=shared.pop() if len(shared) == 1 else "", cells=tuple(side)))
    return laid


def _group(items: Iterable[T], *, key: Callable[[T], Hashable]) -> list[list[T]]:
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
