"""Turns manifests into valid rows; a row with a fault is split off and never stops the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import contracts
from render.errors import InputError
from render.manifest import faults
from render.manifest.faults import Alike
from render.manifest.filter import Filter
from render.manifest.normal import normalise
from render.manifest.reader import read
from render.model import ManifestFile, ReasonKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A piece of a manifest, whose rows are good or have faults."""

    good: pa.Table
    """Rows with their defaults written out, as :func:`render.contracts.row_schema` says."""
    faults: pa.Table
    """Those of the other rows, by row, as the quarantine's contract says."""

    @property
    def count(self) -> int:
        """How many rows it is about."""
        return self.good.num_rows + pc.count_distinct(self.faults["row"]).as_py()


def rows(
    files: Sequence[ManifestFile],
    *,
    limit: int | None = None,
    where: str | None = None,
    engines: Collection[str] | None = None,
    policies: Collection[str] | None = None,
) -> Iterator[Judged]:
    """Every wanted row in order, piece by piece.

    ``limit`` stops after so many rows, good or bad; ``where`` is a SQL expression over the columns of the manifest,
    defaults written out. ``engines`` and ``policies`` are the names that rows may use; by default those installed.
    Rows are numbered from 0 over all files, whatever is left out.

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
            for judged in _judge(table, first, names, chosen, left):
                yield judged
                left = left and left - judged.count
                taken += judged.count
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
) -> Iterator[Judged]:
    """The wanted rows of a piece; where very many have faults, they come in several parts."""
    contract = contracts.load("manifest")
    normal = normalise(raw, contract)
    table, extra, misfits = normal.table, normal.extra, normal.faults
    positions = np.arange(table.num_rows)
    if chosen is not None:
        wanted = chosen.positions(pa.table({**_columns(table), **_columns(extra)}))[:left]
        table, extra = normal.take(wanted)
        positions = wanted.to_numpy()
        misfits = tuple(one.among(positions) for one in misfits)
    named = {one.column: [other.rows for other in misfits if other.column == one.column] for one in misfits}
    found = [*misfits]
    for broken in contracts.broken(contract, table, **names):
        alike = _alike(broken, table)
        found.append(alike.without(np.concatenate(named[alike.column])) if alike.column in named else alike)
    for start, stop in faults.ranges(found, table.num_rows):
        told, numbers = faults.told(found, start, stop), pa.array(positions[start:stop] + first)
        yield _part(table.slice(start, stop - start), extra.slice(start, stop - start), numbers, told, start)


def _alike(broken: contracts.Broken, table: pa.Table) -> Alike:
    rule = broken.rule
    rows = np.zeros(1, np.int64) if broken.rows is None else broken.rows
    values = table[rule.column] if rule.column else pa.nulls(table.num_rows)
    return Alike(column=rule.column, rows=rows, values=values, at=rows, say=lambda cell: broken.told(cell.as_py()))


def _part(table: pa.Table, extra: pa.Table, numbers: pa.Array, told: pa.Table, first: int) -> Judged:
    """Rows with these numbers, of which ``told`` has the faults by position, counted from ``first``."""
    at = pc.subtract(told["row"], first).combine_chunks()
    columns = _columns(told) | {"row": numbers.take(at), "kind": pa.repeat(str(ReasonKind.INVALID), len(at))}
    columns |= {name: _shown(table[name].take(at)) for name in _NAMED}
    schema = contracts.load("quarantine").arrow_schema()
    if len(at):
        sound = np.ones(len(numbers), np.bool_)
        sound[at.to_numpy()] = False
        good = pa.array(sound)
        table, extra, numbers = table.filter(good), extra.filter(good), numbers.filter(good)
    return Judged(
        good=_build(table, extra, numbers),
        faults=pa.table({name: columns[name] for name in schema.names}).cast(schema),
    )


_NAMED = ("experiment", "variant")


def _shown(column: pa.ChunkedArray) -> pa.Array:
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return pa.array(map(contracts.shorten, encoded.dictionary.to_pylist()), pa.string()).take(encoded.indices)


def _build(table: pa.Table, extra: pa.Table, numbers: pa.Array) -> pa.Table:
    """Rows without a fault in the columns of a row."""
    columns = _columns(table)
    columns["row"] = numbers
    columns["duration_ms"] = pc.round(pc.multiply(columns["seconds"], 1000))
    columns["deadline"] = _as_iso(columns["deadline"])
    columns["shots"] = pa.array([[]] * len(numbers), contracts.row_schema().field("shots").type)
    columns["tags"] = _tags(columns["tags"], extra)
    schema = contracts.row_schema()
    return pa.table({field.name: columns[field.name].cast(field.type) for field in schema}, schema=schema)


def _as_iso(instants: pa.ChunkedArray) -> pa.Array:
    """Instants as ISO 8601, empty for null; few are different from one another."""
    encoded = instants.combine_chunks().dictionary_encode()
    texts = [instant.isoformat() for instant in encoded.dictionary.to_pylist()]
    return pc.fill_null(pa.array(texts, pa.string()).take(encoded.indices), "")


def _tags(own: pa.ChunkedArray, extra: pa.Table) -> pa.Array:
    """Each row's tags, sorted: the columns that the contract does not name, and those of ``tags``, which count more."""
    names = sorted(extra.column_names)
    columns = [extra[name].combine_chunks() for name in names]
    given = np.array([column.is_valid() for column in columns], np.bool_).reshape(len(names), len(own)).T
    row, column = np.nonzero(given)
    kind = contracts.row_schema().field("tags").type
    offsets = np.concatenate([[0], np.cumsum(given.sum(axis=1))])
    values = pa.concat_arrays(columns or [pa.nulls(0, pa.string())]).take(pa.array(column * len(own) + row))
    keys = pa.array(names, pa.string()).take(pa.array(column))
    tags = pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, values)
    if own.null_count == len(own):
        return tags
    own_ones = pc.indices_nonzero(own.is_valid())
    pairs = zip(tags.take(own_ones).to_pylist(), own.take(own_ones).to_pylist(), strict=True)
    both = pa.array([sorted((dict(others) | dict(mine)).items()) for others, mine in pairs], kind)
    place = np.arange(len(own))
    place[own_ones.to_numpy()] = len(own) + np.arange(len(both))
    return pa.concat_arrays([tags.cast(kind), both]).take(pa.array(place))


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _engines() -> Collection[str]:
    from render.engines import registry

    return registry.names()


def _policies() -> Collection[str]:
    from render.checks import policy

    return policy.names()
