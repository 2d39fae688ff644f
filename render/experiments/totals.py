"""Sums over the clips of a view: of the rows that it lists by their records, of others by their receipts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from render.model import Decision, End
from render.store import batches, clips

if TYPE_CHECKING:
    from render.experiments.view import Entry
    from render.model import ClipRecord
    from render.store.objects import ObjectStore

PLANNED = ("row", "fingerprint", "decision", "engine", "engine_revision", "duration_ms", "fps")
"""Columns of the plan that :func:`of_receipts` needs."""

_SEEN = (End.PUBLISHED, End.REUSED, End.HELD)
_ASKED = 16
"""Clips of one revision of an engine, of which one that is still there tells whether the engine simulates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Each clip counts once, however many rows it serves; money and time count where they were spent."""

    clips: int = 0
    """That can be watched."""
    seconds: float = 0.0
    """Of their video."""
    cost_usd: float = 0.0
    cpu_seconds: float = 0.0
    simulated: int = 0
    stand_ins: int = 0
    """Clips that show something else than what the prompt asks for."""
    engines: frozenset[str] = frozenset()

    def __add__(self, other: Totals) -> Totals:
        """The sums over both, which have no clip in common."""
        return Totals(
            clips=self.clips + other.clips,
            seconds=self.seconds + other.seconds,
            cost_usd=self.cost_usd + other.cost_usd,
            cpu_seconds=self.cpu_seconds + other.cpu_seconds,
            simulated=self.simulated + other.simulated,
            stand_ins=self.stand_ins + other.stand_ins,
            engines=self.engines | other.engines,
        )


def of_entries(
    entries: Iterable[Entry], *, seen: Callable[[Entry], bool], spent: Callable[[ClipRecord], bool]
) -> Totals:
    """Sums over the clips that serve these rows, or served them.

    ``seen`` says of a row that can be watched whether its clip counts, ``spent`` of a clip whether its money and time.
    """
    entries = list(entries)
    records = {entry.fingerprint: entry.record for entry in entries if entry.record}
    paid = [record for record in records.values() if spent(record)]
    watched = [records[one] for one in {entry.fingerprint for entry in entries if entry.watchable and seen(entry)}]
    return Totals(
        clips=len(watched),
        seconds=sum(record.job.seconds for record in watched),
        cost_usd=sum(one.cost_usd for one in (*paid, *entries)),
        cpu_seconds=sum(one.cpu_seconds for one in (*paid, *entries)),
        simulated=sum(record.engine_simulated for record in watched),
        stand_ins=sum(record.understanding is not None and record.understanding.fallback for record in watched),
        engines=frozenset(record.job.engine for record in records.values()),
    )


def of_receipts(
    store: ObjectStore, batch_id: str, planned: pa.Table, receipts: pa.Table, *, counted: pa.Array, paid: pa.Array
) -> tuple[Totals, pa.Array]:
    """Sums over the clips of a batch's rows that have ended, and the clips.

    ``counted`` ones are watched elsewhere, the money and time of ``paid`` ones are summed up elsewhere.

    ``planned`` has the columns :data:`PLANNED`, ``receipts`` the receipt of each of its rows. A clip that somebody has
    deleted since is among them.
    """
    rows = planned.append_column("end", receipts["end"]).append_column("stand_in", receipts["stand_in"])
    served = rows.filter(pc.not_equal(receipts["path"], ""))
    new = pc.and_(
        pc.is_in(served["end"], pa.array(_SEEN, pa.string())), pc.invert(pc.is_in(served["fingerprint"], counted))
    )
    watched = _once(served.filter(new))
    here = pc.match_substring_regex(receipts["path"], f"/{re.escape(batch_id)}-[0-9a-f]+/")
    gone = pc.and_(pc.equal(receipts["path"], ""), pc.not_equal(receipts["end"], End.FAILED))
    spent = pc.and_(pc.equal(planned["decision"], Decision.RENDER), pc.or_(here, gone))
    own = pc.invert(pc.is_in(planned["fingerprint"], paid))
    return Totals(
        clips=watched.num_rows,
        seconds=_sum(batches.seconds(watched)),
        cost_usd=_sum(receipts["cost_usd"].filter(own)),
        cpu_seconds=_sum(receipts["cpu_seconds"].filter(pc.and_(spent, own))),
        simulated=_simulated(store, watched),
        stand_ins=pc.sum(watched["stand_in"], min_count=0).as_py(),
        engines=frozenset(served["engine"].unique().to_pylist()),
    ), served["fingerprint"].combine_chunks()


def _once(rows: pa.Table) -> pa.Table:
    """The first row of each clip."""
    first = pc.index_in(rows["fingerprint"].unique(), rows["fingerprint"].combine_chunks())
    return rows.take(first)


def _simulated(store: ObjectStore, watched: pa.Table) -> int:
    """How many of these clips are simulated, which all or none of an engine's revision are."""
    found = 0
    for one in watched.group_by(["engine", "engine_revision"]).aggregate([([], "count_all")]).to_pylist():
        alike = pc.and_(*(pc.equal(watched[name], one[name]) for name in ("engine", "engine_revision")))
        asked = watched["fingerprint"].filter(alike)[:_ASKED].to_pylist()
        record = next(clips.find_each(store, asked), None)
        found += one["count_all"] if record is not None and record.engine_simulated else 0
    return found


def _sum(column: pa.ChunkedArray) -> float:
    return pc.sum(column, min_count=0).as_py()
