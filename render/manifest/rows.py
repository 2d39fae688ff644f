"""Turns manifests into valid rows; a row with a fault is split off and never stops the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from render import contracts
from render.errors import InputError
from render.manifest.filter import Filter
from render.manifest.normal import normalise
from render.manifest.reader import read
from render.model import Fault, ManifestFile, Row


def rows(
    files: Sequence[ManifestFile],
    *,
    limit: int | None = None,
    where: str | None = None,
    engines: Collection[str] | None = None,
    policies: Collection[str] | None = None,
) -> Iterator[Row | list[Fault]]:
    """Every wanted row in order: a :class:`Row` with its defaults written out, or the faults of a row.

    ``limit`` stops after so many rows, good or bad; ``where`` is a SQL expression over the columns of the manifest,
    defaults written out. ``engines`` and ``policies`` are the names that rows may use; by default those installed.
    ``Row.row`` and ``Fault.row`` are 0-based positions over all files, whatever is left out.

    Raises :class:`render.errors.ManifestError` for a file that cannot be used as a whole,
    :class:`render.errors.InputError` for a ``limit`` or ``where`` that makes no sense or takes no row.
    """
    if limit is not None and limit < 1:
        raise InputError(f"The limit must be at least 1, not {limit}: give the number of rows to take.")
    names = {
        "engines": sorted(_engines() if engines is None else engines),
        "policies": sorted(_policies() if policies is None else policies),
    }
    chosen = Filter(where) if where is not None else None
    try:
        left, taken = limit, 0
        for first, raw in _numbered(read(files)):
            table = raw if left is None or chosen else raw.slice(0, left)
            judged = list(_judge(table, first, names, chosen, left))
            yield from judged
            left = left and left - len(judged)
            taken += len(judged)
            if left == 0:
                return
        if chosen and not taken:
            raise InputError(
                f"The row filter {where!r} takes none of the manifest's rows. Compare its values with the manifest's."
            )
    finally:
        if chosen:
            chosen.close()


def _numbered(tables: Iterator[pa.Table]) -> Iterator[tuple[int, pa.Table]]:
    """Each table with the position of its first row."""
    first = 0
    for table in tables:
        yield first, table
        first += table.num_rows


def _judge(
    raw: pa.Table, first: int, names: dict[str, list[str]], chosen: Filter | None, left: int | None
) -> Iterator[Row | list[Fault]]:
    contract = contracts.load("manifest")
    normal = normalise(raw, contract)
    table, extra, misfits = normal.table, normal.extra, list(normal.faults)
    positions = pa.array(range(table.num_rows), pa.int64())
    if chosen is not None:
        positions = chosen.positions(pa.table({**_columns(table), **_columns(extra)}))[:left]
        table, extra = normal.take(positions)
    numbers = pc.add(positions, first).to_pylist()

    faults: dict[int, list[Fault]] = defaultdict(list)
    for fault in misfits:
        faults[fault.row + first].append(replace(fault, row=fault.row + first))
    named = {(number, fault.column) for number, found in faults.items() for fault in found}
    for violation in contracts.validate(contract, table, **names):
        number = numbers[violation.row or 0]
        if (number, violation.column) not in named:
            faults[number].append(
                Fault(
                    row=number,
                    column=violation.column,
                    value=contracts.shorten(violation.value),
                    reason=violation.reason,
                    fix=violation.fix,
                )
            )
    good = iter(_build(table, extra, numbers, faults))
    for index, number in enumerate(numbers):
        if number in faults:
            experiment, variant = (contracts.shorten(table[name][index].as_py()) for name in ("experiment", "variant"))
            yield [replace(fault, experiment=experiment, variant=variant) for fault in faults[number]]
        else:
            yield next(good)


def _build(table: pa.Table, extra: pa.Table, numbers: list[int], faults: Collection[int]) -> Iterator[Row]:
    """The rows without a fault."""
    keep = pa.array([number not in faults for number in numbers], pa.bool_())
    table, extra = table.filter(keep), extra.filter(keep)
    numbers = [number for number in numbers if number not in faults]
    names = ("experiment", "variant", "prompt", "negative_prompt", "scene", "style", "width", "height", "fps", "seed")
    names += ("engine", "submitter", "team", "priority", "max_cost", "policy")
    milliseconds = pc.round(pc.multiply(table.column("seconds"), 1000)).cast(pa.int64())
    values = [table.column(name).to_pylist() for name in names]
    deadlines, own_tags = table.column("deadline").to_pylist(), table.column("tags").to_pylist()
    extras = [(name, extra.column(name).to_pylist()) for name in extra.column_names]
    for index, (number, duration_ms, *cells) in enumerate(zip(numbers, milliseconds.to_pylist(), *values, strict=True)):
        deadline = deadlines[index]
        yield Row(
            row=number,
            duration_ms=duration_ms,
            deadline=deadline.isoformat() if deadline else "",
            tags={name: column[index] for name, column in extras if column[index] is not None}
            | dict(own_tags[index] or ()),
            **dict(zip(names, cells, strict=True)),
        )


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _engines() -> Collection[str]:
    from render.engines import registry

    return registry.names()


def _policies() -> Collection[str]:
    from render.checks import policy

    return policy.names()
