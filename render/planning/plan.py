"""From valid rows to the plan, by whole columns: refuse, withdraw, reuse, find duplicates, price, cut into shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import contracts
from render.ahead import ahead
from render.model import Decision, ReasonKind
from render.planning.draft import Drafting, fault_column
from render.planning.forms import distinct
from render.planning.price import told_apart
from render.planning.shards import cut
from render.store import spool
from render.store.fingerprints import Index

Lookup = Callable[[pa.Array], pa.Array]
"""Names for each of these fingerprints the batch that made its clip; null where there is none."""

Withdrawn = Callable[[pa.Array], pa.Array]
"""Says for each of these fingerprints how its clip was taken down; null where it was not."""

Explain = Callable[[pa.Table, pa.Array], pa.Array]
"""Says for each of the chosen rows of a table how the nearest clip differs from it; null where there is none."""

NEVER = "never rendered"
_DECISIONS = (Decision.RENDER, Decision.REFUSE, Decision.REUSE, Decision.DUPLICATE, Decision.WITHDRAWN)
_PIECE = 65_536
"""Most rows that are drafted as one table."""
_AT_ONCE = 2
"""Tables of rows that are drafted at once: Python hashes for one while Arrow works for the other."""


def plan(
    pieces: Iterable[pa.Table],
    *,
    lookup: Lookup,
    withdrawn: Withdrawn,
    explain: Explain,
    media_revision: str,
    usd_per_cpu_hour: float,
    jobs_per_shard: int,
    scratch: Path | None = None,
) -> pa.Table:
    """Decide for every row of these tables of rows; gives the plan's table, in the rows' order.

    What is not decided here waits in a file in ``scratch``, and is read from it where the table is used.

    A row that policy or its engine's limits refuse gets ``Decision.REFUSE`` and a fault. Of the rest, rows whose clip
    was taken down are withdrawn, and rows whose fingerprint is committed are reused; the first row of each other
    fingerprint that may cost so much is rendered, and the others are its duplicates; where none may, all are refused.
    Jobs are cut into shards by descending priority.
    """
    drafting = Drafting(media_revision=media_revision, usd_per_cpu_hour=usd_per_cpu_hour)
    schema = contracts.load("plan").arrow_schema()
    drafts = spool.on_disk(ahead(drafting.draft, _small(pieces), threads=_AT_ONCE), scratch)
    if drafts is None:
        return schema.empty_table()
    planned = _decided(drafts, lookup, withdrawn, explain, jobs_per_shard)
    spool.release()
    return pa.Table.from_arrays([planned[name] for name in schema.names], schema=schema)


def _small(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in pieces of which several fit in memory, and one in the processor's own."""
    for piece in pieces:
        for start in range(0, piece.num_rows, _PIECE):
            yield piece.slice(start, _PIECE)


def _decided(drafts: pa.Table, lookup: Lookup, withdrawn: Withdrawn, explain: Explain, jobs_per_shard: int) -> pa.Table:
    fingerprints = drafts["fingerprint"].combine_chunks()
    index = Index(fingerprints)
    key, count = index.of_row, len(index.first)
    refused = drafts["fault"].is_valid().to_numpy()
    each = fingerprints.take(pa.array(index.first))
    del fingerprints, index  # as large as what is looked for
    spool.release()
    said = withdrawn(each)
    alive = said.is_null().to_numpy(zero_copy_only=False)
    made_by = _made_by(each, (np.bincount(key[~refused], minlength=count) > 0) & alive, lookup)
    del each
    spool.release()
    gone = ~refused & ~alive[key]
    reused = ~refused & ~gone & made_by.is_valid().to_numpy(zero_copy_only=False)[key]
    dear = _too_dear(drafts)

    payable = np.flatnonzero(~refused & ~gone & ~reused & ~dear)
    original = np.full(count, -1)
    original[key[payable[::-1]]] = payable[::-1]  # of several writes to one place the last counts
    urgency = np.full(count, np.iinfo(np.int32).min, np.int64)
    np.maximum.at(urgency, key[payable], drafts["priority"].to_numpy()[payable])

    first = original[key]
    rendered = first == np.arange(len(key))
    in_order = np.flatnonzero(rendered)
    in_order = in_order[np.argsort(-urgency[key[in_order]], kind="stable")]
    jobs = drafts.select(["engine", "engine_revision"]).take(in_order)
    shard_of = np.full(count, -1, np.int32)
    shard_of[key[in_order]] = cut(distinct(jobs.columns)[1], jobs_per_shard=jobs_per_shard)

    settled = refused | gone | reused
    duplicate = ~settled & ~rendered & (first >= 0)
    priced_out = ~settled & (first < 0)
    differences = pc.fill_null(explain(drafts, pa.array(rendered)), NEVER)
    spool.release()
    fault = _with_prices(drafts, priced_out)
    makers = made_by.dictionary_encode()
    originals = drafts["row"].take(pa.array(first[duplicate])).combine_chunks().cast(pa.string())
    reasons = pc.struct_field(fault.filter(pa.array(refused | priced_out)), "reason").combine_chunks()
    why = _said(
        (refused | priced_out, reasons, None),
        (
            reused,
            pc.binary_join_element_wise("rendered by batch ", makers.dictionary, ""),
            makers.indices.take(pa.array(key[reused])),
        ),
        (gone, said.take(pa.array(key[gone])), None),
        (duplicate, pc.binary_join_element_wise("same as row ", originals, ""), None),
        (rendered, differences, None),
    )
    spool.release()
    decisions = pa.array([str(one) for one in _DECISIONS])
    free = pa.array(gone | reused | duplicate)
    table = drafts.drop_columns("fault")
    for name in ("estimate_cost_usd", "estimate_cpu_seconds"):
        column = pc.if_else(free, 0.0, table[name].combine_chunks())
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return (
        table.append_column(
            "decision", decisions.take(pa.array(np.select([rendered, reused, duplicate, gone], [0, 2, 3, 4], 1)))
        )
        .append_column("why", why)
        .append_column("shard", pa.array(shard_of[key], mask=~(rendered | duplicate)))
        .append_column("fault", fault)
    )


def _made_by(fingerprints: pa.Array, wanted: np.ndarray, lookup: Lookup) -> pa.Array:
    """Which batch made each clip; refused rows' clips are not asked for."""
    found = lookup(fingerprints if wanted.all() else fingerprints.filter(pa.array(wanted)))
    return _put(pa.nulls(len(fingerprints), pa.string()), wanted, found)


def _said(*parts: tuple[np.ndarray, pa.Array, pa.Array | None]) -> pa.Array:
    """What is said of each row: of those of a part (``[rows]`` of bool) its sentences, in order or by their numbers."""
    which, start = np.empty(len(parts[0][0]), np.int64), 0
    for where, sentences, numbers in parts:
        which[where] = start + (np.arange(len(sentences)) if numbers is None else numbers.to_numpy())
        start += len(sentences)
    return pa.concat_arrays([sentences for _, sentences, _ in parts]).take(pa.array(which))


def _too_dear(drafts: pa.Table) -> np.ndarray:
    """Which rows would cost more than they may, if they are rendered for it."""
    return pc.fill_null(pc.greater(drafts["estimate_cost_usd"], drafts["max_cost"]), False).to_numpy()


def _with_prices(drafts: pa.Table, dear: np.ndarray) -> pa.ChunkedArray:
    """The faults, with those of rows that are refused for their price."""
    if not dear.any():
        return drafts["fault"]
    given = drafts["fault"].combine_chunks()
    priced = drafts.select(["estimate_cost_usd", "max_cost"]).filter(pa.array(dear))
    costs, limits = (column.to_pylist() for column in priced.columns)
    reasons = [
        "The clip is estimated at {}, above the row's limit of {}.".format(*told_apart(cost, limit))
        for cost, limit in zip(costs, limits, strict=True)
    ]
    own = {
        "column": ["max_cost"] * len(costs),
        "value": [f"{limit:g}" for limit in limits],
        "reason": reasons,
        "fix": ["Raise max_cost, or ask for a shorter or smaller clip or a cheaper engine."] * len(costs),
        "kind": [str(ReasonKind.POLICY)] * len(costs),
    }
    faults = {
        name: _put(pc.struct_field(given, name), dear, pa.array(values, pa.string())) for name, values in own.items()
    }
    return pa.chunked_array([fault_column(drafts["row"].combine_chunks(), faults)])


def _put(column: pa.Array, where: np.ndarray, values: pa.Array) -> pa.Array:
    return pc.replace_with_mask(column, pa.array(where), values)
