"""From valid rows to the plan, by whole columns: refuse, withdraw, reuse, find duplicates, price, cut into shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import contracts
from render.ahead import ahead
from render.model import Decision, ReasonKind
from render.planning.draft import Drafting, fault_column
from render.planning.forms import distinct
from render.planning.shards import cut

Lookup = Callable[[pa.Array], pa.Array]
"""Names for each of these fingerprints the batch that made its clip; null where there is none."""

Withdrawn = Callable[[pa.Array], pa.Array]
"""Says for each of these fingerprints how its clip was taken down; null where it was not."""

Explain = Callable[[pa.Table, pa.Array], pa.Array]
"""Says for each of the chosen rows of a table how the nearest clip differs from it; null where there is none."""

NEVER = "never rendered"
_DECISIONS = (Decision.RENDER, Decision.REFUSE, Decision.REUSE, Decision.DUPLICATE, Decision.WITHDRAWN)
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
) -> pa.Table:
    """Decide for every row of these tables of rows; gives the plan's table, in the rows' order.

    A row that policy or its engine's limits refuse gets ``Decision.REFUSE`` and a fault. Of the rest, rows whose clip
    was taken down are withdrawn, and rows whose fingerprint is committed are reused; the first row of each other
    fingerprint that may cost so much is rendered, and the others are its duplicates; where none may, all are refused.
    Jobs are cut into shards by descending priority.
    """
    drafting = Drafting(media_revision=media_revision, usd_per_cpu_hour=usd_per_cpu_hour)
    schema = contracts.load("plan").arrow_schema()
    drafts = list(ahead(drafting.draft, (piece for piece in pieces if piece.num_rows), threads=_AT_ONCE))
    if not drafts:
        return schema.empty_table()
    return _decided(_joined(drafts), lookup, withdrawn, explain, jobs_per_shard).select(schema.names).cast(schema)


def _joined(pieces: list[pa.Table]) -> pa.Table:
    """One table of as few chunks as can be; columns of pieces are let go one by one, so that few are there twice."""
    columns = {}
    for name in pieces[0].column_names:
        columns[name] = pa.concat_tables([piece.select([name]) for piece in pieces]).combine_chunks()[name]
        pieces[:] = [piece.drop_columns(name) for piece in pieces]
    return pa.table(columns)


def _decided(drafts: pa.Table, lookup: Lookup, withdrawn: Withdrawn, explain: Explain, jobs_per_shard: int) -> pa.Table:
    keys = drafts["fingerprint"].combine_chunks().dictionary_encode()
    key = keys.indices.to_numpy()
    refused = drafts["fault"].is_valid().to_numpy()
    count = len(keys.dictionary)
    said = withdrawn(keys.dictionary)
    alive = said.is_null().to_numpy(zero_copy_only=False)
    made_by = _made_by(keys.dictionary, (np.bincount(key[~refused], minlength=count) > 0) & alive, lookup)
    del keys  # as large as the column of fingerprints itself
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
    fault = _with_prices(drafts, priced_out)
    why = pc.if_else(pa.array(refused | priced_out), pc.struct_field(fault, "reason"), NEVER)
    why = _put(why, reused, pc.binary_join_element_wise("rendered by batch ", made_by.take(pa.array(key[reused])), ""))
    why = _put(why, gone, said.take(pa.array(key[gone])))
    rows = drafts["row"].combine_chunks().cast(pa.string())
    why = _put(why, duplicate, pc.binary_join_element_wise("same as row ", rows.take(pa.array(first[duplicate])), ""))
    why = _put(why, rendered, pc.fill_null(explain(drafts, pa.array(rendered)), NEVER))
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


def _too_dear(drafts: pa.Table) -> np.ndarray:
    """Which rows would cost more than they may, if they are rendered for it."""
    return pc.fill_null(pc.greater(drafts["estimate_cost_usd"], drafts["max_cost"]), False).to_numpy()


def _with_prices(drafts: pa.Table, dear: np.ndarray) -> pa.StructArray:
    """The faults, with those of rows that are refused for their price."""
    given = drafts["fault"].combine_chunks()
    if not dear.any():
        return given
    priced = drafts.select(["estimate_cost_usd", "max_cost"]).filter(pa.array(dear))
    costs, limits = (column.to_pylist() for column in priced.columns)
    reasons = [
        f"The clip is estimated at ${cost:.4f}, above the row's limit of ${limit:.4f}."
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
    return fault_column(drafts["row"].combine_chunks(), faults)


def _put(column: pa.Array, where: np.ndarray, values: pa.Array) -> pa.Array:
    return pc.replace_with_mask(column, pa.array(where), values)
