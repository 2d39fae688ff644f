"""Publishing into the Delta tables: each row once, whatever happens and whoever else publishes at the same time.

Delta refuses a commit only if it conflicts with what came after the snapshot it was made on. So every commit
carries the next version of one application transaction, which makes any two concurrent ones conflict; the
loser loads a fresh snapshot and looks again at what is still missing there.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from render import contracts, errors
from render.store import layout
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    from deltalake import DeltaTable

TABLES = ("clips", "checks", "requests")
"""In the order in which they are published: a request never names a clip that is not there."""

_PUBLISHER = "nightreel.publish"
_TRIES = 60
_LONGEST_WAIT_S = 2.0

Rows = Callable[["DeltaTable", pa.Table], pa.Table]
"""Which rows of a table are still to be written on a snapshot."""


def publish(store: ObjectStore, batch_id: str, *, requests: pa.Table, clips: pa.Table, checks: pa.Table) -> None:
    """Bring a batch into the catalog, table by table. Doing it again, or at the same time elsewhere, changes nothing.

    The tables are those of :mod:`render.store.catalog.builders`; ``requests`` holds rows of this batch only. Clips and
    their figures are written once, a clip again only when its folder was deleted and it was made anew; a request is
    written again only when its row has come further (an end where there was none, anything else after a failure, the
    later of two). Raises :class:`render.errors.StoreError`.
    """
    if strangers := set(requests["batch"].unique().to_pylist()) - {batch_id}:
        raise ValueError(f"The requests of batch {batch_id} hold rows of {', '.join(sorted(strangers))}.")
    _write(store, "clips", clips, keys=("fingerprint",), missing=_absent("fingerprint", "path"), update=True)
    _write(
        store, "checks", checks, keys=("fingerprint", "check", "name"), missing=_absent("fingerprint", "check", "name")
    )
    _write(store, "requests", requests, keys=("batch", "row"), missing=_ahead, update=True)


def load(store: ObjectStore, name: str) -> DeltaTable | None:
    """The newest snapshot of a catalog table; None if nothing was ever published."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    place = f"{store.url}/{layout.table(name)}"
    try:
        table = DeltaTable(place, storage_options=store.delta_options())
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        raise errors.StoreError(f"The catalog table {place} cannot be read: {error}") from error
    wanted, found = contracts.load(name).arrow_schema(), {field.name for field in table.schema().fields}
    if lacking := [column for column in wanted.names if column not in found]:
        raise errors.StoreError(
            f"The catalog table {place} lacks {', '.join(lacking)}: another version of Nightreel made it. Use that "
            "version, or move the table away and publish its batches again."
        )
    return table


def read(snapshot: DeltaTable, columns: Sequence[str], column: str, values: Collection[Any]) -> pa.Table:
    """The rows of a snapshot whose ``column`` has one of ``values``, scanned piece by piece.

    The filter is not given to the scan: delta-rs writes strings as string_view, whose statistics Arrow cannot compare
    with a filter. Raises :class:`render.errors.StoreError`.
    """
    import pyarrow.compute as pc
    from deltalake.exceptions import DeltaError

    names = [*columns, *({column} - {*columns})]
    try:
        data = snapshot.to_pyarrow_dataset()
        wanted = pa.array(values, data.schema.field(column).type)
        pieces = [piece.filter(pc.is_in(piece[column], value_set=wanted)) for piece in data.to_batches(columns=names)]
    except (DeltaError, pa.ArrowException, OSError) as error:
        raise errors.StoreError(f"The catalog table {snapshot.table_uri} cannot be read: {error}") from error
    return pa.Table.from_batches(pieces, pa.schema([data.schema.field(name) for name in names])).select(columns)


def _write(
    store: ObjectStore, name: str, rows: pa.Table, *, keys: Sequence[str], missing: Rows, update: bool = False
) -> None:
    from deltalake import CommitProperties, Transaction
    from deltalake.exceptions import CommitFailedError, DeltaError

    for attempt in range(_TRIES):
        snapshot = load(store, name)
        if snapshot is None:
            _create(store, name)
            continue
        news = missing(snapshot, rows)
        if not news.num_rows:
            return
        version = (snapshot.transaction_version(_PUBLISHER) or 0) + 1
        try:
            merger = snapshot.merge(
                news,
                predicate=" AND ".join(f'target."{key}" = source."{key}"' for key in keys),
                source_alias="source",
                target_alias="target",
                commit_properties=CommitProperties(app_transactions=[Transaction(_PUBLISHER, version)]),
            ).when_not_matched_insert_all()
            (merger.when_matched_update_all() if update else merger).execute()
        except CommitFailedError:
            time.sleep(random.uniform(0, min(_LONGEST_WAIT_S, 0.05 * 2**attempt)))
        except (DeltaError, OSError) as error:
            raise errors.StoreError(f"The catalog table {name} in {store.url} cannot be written: {error}") from error
        else:
            return
    raise errors.StoreError(
        f"The catalog table {name} in {store.url} was busy {_TRIES} times in a row: too many batches are published at "
        "once. Publish this one again."
    )


def _create(store: ObjectStore, name: str) -> None:
    """Make an empty table, unless another process is faster."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    contract = contracts.load(name)
    place = f"{store.url}/{layout.table(name)}"
    try:
        DeltaTable.create(
            place,
            contract.arrow_schema(),
            mode="ignore",
            name=name,
            description=contract.description,
            storage_options=store.delta_options(),
        )
    except (DeltaError, OSError) as error:
        if load(store, name) is None:
            raise errors.StoreError(f"The catalog table {place} cannot be created: {error}") from error


def _absent(*keys: str) -> Rows:
    """Rows whose keys are not in the snapshot, each key once; the first key narrows what is read of it."""

    def absent(snapshot: DeltaTable, rows: pa.Table) -> pa.Table:
        stored = read(snapshot, keys, keys[0], rows[keys[0]].unique().to_pylist())
        seen = set(zip(*(stored[key].to_pylist() for key in keys), strict=True))
        news = []
        for position, key in enumerate(zip(*(rows[key].to_pylist() for key in keys), strict=True)):
            if key not in seen:
                seen.add(key)
                news.append(position)
        return rows.take(pa.array(news, pa.int64()))

    return absent


def _ahead(snapshot: DeltaTable, rows: pa.Table) -> pa.Table:
    """Requests that the snapshot lacks, or that have come further than what it holds of them."""
    stored = read(snapshot, rows.column_names, "batch", rows["batch"].unique().to_pylist())
    if not stored.num_rows:
        return rows
    stored = stored.cast(rows.schema)
    if stored.sort_by("row").equals(rows.sort_by("row")):
        return rows.slice(0, 0)
    before = {record["row"]: record for record in stored.to_pylist()}
    news = []
    for position, record in enumerate(rows.to_pylist()):
        old = before.get(record["row"])
        if old is None or (record != old and _rank(record) >= _rank(old)):
            news.append(position)
    return rows.take(pa.array(news, pa.int64()))


def _rank(record: Mapping[str, Any]) -> tuple[bool, bool, float]:
    """How far a request has come: ended at all, not failed, last."""
    finished = record["finished_at"]
    return record["end"] is not None, record["end"] != "failed", finished.timestamp() if finished else 0.0
