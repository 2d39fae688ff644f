"""Publishing into the Delta tables: each row once, whatever happens and whoever else publishes at the same time.

Delta refuses a commit only if it conflicts with what came after the snapshot it was made on. So every commit
carries the next version of one application transaction, which makes any two concurrent ones conflict; the
loser loads a fresh snapshot and looks again at what is still missing there. So does a publisher whose commit's
answer was lost. Compaction (:mod:`render.store.catalog.compaction`) moves rows and changes none, so it conflicts only
with a commit that rewrites the same file. A table of an older version gets the columns that it lacks, in a commit of
its own, before anything is written to it.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from render import contracts, errors
from render.model import Tombstone
from render.store import layout, tombstones
from render.store.catalog import scan
from render.store.catalog.builders import untold_clips, untold_requests, withdrawn_clips, withdrawn_requests
from render.store.catalog.progress import ahead
from render.store.objects import ObjectStore

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable, WriterProperties

TABLES = ("checks", "clips", "requests")
"""In the order in which they are published: a request never names a clip that is not there."""

PUBLISHER = "nightreel.publish"
"""The application transaction whose next version each publishing commit carries."""
_GROUP_ROWS = {"clips": 122_880, "checks": 524_288, "requests": 122_880}
"""Most rows of a row group: many enough to be worth a read, few enough for one that is read in vain."""
_TRIES = 60
_FAILURES = 3
_WAIT_S = 0.1
_LONGEST_WAIT_S = 2.0
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

News = Callable[[pa.Table], pa.Table]
"""Rows to be written, whole, given what the snapshot holds of them."""


def publish_clips(store: ObjectStore, clips: pa.Table, checks: pa.Table) -> None:
    """Bring clips and their figures into the catalog. Doing it again, or at the same time elsewhere, changes nothing.

    The tables are those of :mod:`render.store.catalog.builders`. A clip that is there has its figures there. Both are
    written once, a clip again only when its folder was deleted and it was made anew.
    Raises :class:`render.errors.StoreError`.
    """
    figure = ("fingerprint", "check", "name")
    _write(store, "checks", partial(_absent, checks), keys=figure, columns=figure, where=_each(checks, "fingerprint"))
    once = ("fingerprint", "path")
    _write(store, "clips", partial(_absent, clips), keys=once[:1], columns=once, where=_each(clips, "fingerprint"))


def publish_requests(store: ObjectStore, batch_id: str, requests: pa.Table) -> None:
    """Bring a batch's requests into the catalog, after the clips that serve them. Doing it again changes nothing.

    A request is written again only when its row has come further (an end where there was none, anything else after a
    failure, a person's decision, a takedown, the later of two). Raises :class:`render.errors.StoreError`.
    """
    if strangers := set(requests["batch"].unique().to_pylist()) - {batch_id}:
        raise ValueError(f"The requests of batch {batch_id} hold rows of {', '.join(sorted(strangers))}.")
    where = _each(requests, "batch")
    news = partial(ahead, requests)
    _write(store, "requests", news, keys=("batch", "row"), columns=requests.column_names, where=where)


def withdraw(store: ObjectStore, gone: Sequence[Tombstone]) -> None:
    """Tell of these clips that they were taken down, and end the requests that they served. Again changes nothing.

    A clip or a request that is not there yet is for its publisher, who looks for tombstones after it has written.
    Raises :class:`render.errors.StoreError`.
    """
    where = ("fingerprint", pa.array([one.fingerprint for one in gone], pa.string()))
    for name, keys, news in (
        ("clips", ("fingerprint",), withdrawn_clips),
        ("requests", ("batch", "row"), withdrawn_requests),
    ):
        if gone and load(store, name) is not None:
            columns = contracts.load(name).arrow_schema().names
            _write(store, name, partial(news, tombstones=gone), keys=keys, columns=columns, where=where)


def untold(store: ObjectStore) -> dict[str, pa.Array]:
    """The clips that were taken down without the catalog saying so, once for each such row, by table.

    Only a publisher that died, or still has to look for tombstones, leaves any. Raises
    :class:`render.errors.StoreError`.
    """
    gone = tombstones.known(store)
    found = {}
    for name, columns, which in (
        ("clips", ("withdrawn_at",), untold_clips),
        ("requests", ("end", "reason_kind"), untold_requests),
    ):
        if len(gone) and (snapshot := load(store, name)) is not None:
            rows = scan.read(store, name, snapshot, ("fingerprint", *columns), where=("fingerprint", gone))
            found[name] = rows["fingerprint"].filter(which(rows)).combine_chunks()
    return found


def load(store: ObjectStore, name: str) -> DeltaTable | None:
    """The newest snapshot of a catalog table; None if nothing was ever published."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    place = f"{store.url}/{layout.table(name)}"
    failure: Exception | None = None
    for _ in range(_FAILURES):
        try:
            return DeltaTable(place, storage_options=store.delta_options())
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:  # delta-rs does not ask again for an answer that broke off half-way
            failure = error
            time.sleep(_WAIT_S)
    store.exists(f"{layout.table(name)}/_delta_log/_last_checkpoint")  # tells whom it does not let in, and why
    raise errors.StoreError(f"The catalog table {place} cannot be read: {said(failure)}") from failure


def said(error: Exception | None) -> str:
    """What delta-rs says, which colours and indents it for a terminal, as one line."""
    return " ".join(_COLOUR.sub("", str(error)).split())


def lacking(store: ObjectStore, name: str, snapshot: DeltaTable) -> list[str]:
    """The columns of its contract that the table lacks, since an older version of Nightreel made it.

    Raises :class:`render.errors.StoreError` if one of them is required: such a table cannot be gone on with.
    """
    found = {field.name for field in snapshot.schema().fields}
    missing = [field for field in contracts.load(name).arrow_schema() if field.name not in found]
    if required := [field.name for field in missing if not field.nullable]:
        raise errors.StoreError(
            f"The catalog table {name} in {store.url} lacks {', '.join(required)}: another version of Nightreel made "
            "it. Use that version, or move the table away and publish its batches again."
        )
    return [field.name for field in missing]


def written(name: str) -> WriterProperties:
    """How data files of a table are written.

    Fingerprints have Bloom filters: every row group may hold any, so its least and greatest say nothing.
    """
    from deltalake import BloomFilterProperties, ColumnProperties, WriterProperties

    most = _GROUP_ROWS[name]
    bloom = BloomFilterProperties(set_bloom_filter_enabled=True, fpp=0.001, ndv=most)
    keyed = {"fingerprint": ColumnProperties(bloom_filter_properties=bloom)}
    return WriterProperties(compression="ZSTD", max_row_group_size=most, column_properties=keyed)


def _write(
    store: ObjectStore,
    name: str,
    news: News,
    *,
    keys: Sequence[str],
    columns: Sequence[str],
    where: tuple[str, pa.Array],
) -> None:
    """Write the news of what a snapshot holds of ``columns`` of the rows that ``where`` wants, onto that snapshot."""
    from deltalake.exceptions import CommitFailedError, DeltaError

    failures = 0
    for attempt in range(_TRIES):
        snapshot = load(store, name)
        if snapshot is None:
            _create(store, name)
            continue
        try:
            if added := lacking(store, name, snapshot):
                _widen(name, snapshot, added)
                continue
            stored = scan.read(store, name, snapshot, columns, where=where)
            rows = news(stored)
            if rows.num_rows:
                _commit(name, snapshot, rows, keys, replaces=_share(stored, rows, keys))
            return
        except CommitFailedError:
            time.sleep(random.uniform(0, min(_LONGEST_WAIT_S, 0.05 * 2**attempt)))
        except (DeltaError, OSError) as error:  # it may have been made all the same: a fresh snapshot knows
            failures += 1
            if failures == _FAILURES:
                place = f"The catalog table {name} in {store.url}"
                raise errors.StoreError(f"{place} cannot be written: {said(error)}") from error
    raise errors.StoreError(
        f"The catalog table {name} in {store.url} was busy {_TRIES} times in a row: too many batches are published "
        "at once. Publish this one again."
    )


def _widen(name: str, snapshot: DeltaTable, added: Sequence[str]) -> None:
    """Give a table of an older version columns, which are null in the rows that are there; no file is written anew.

    Delta refuses any other commit that was made on this snapshot: its writer loads a fresh one, and knows the columns.
    """
    from deltalake import Schema

    schema = contracts.load(name).arrow_schema()
    fields = Schema.from_arrow(pa.schema([schema.field(column) for column in added])).fields
    snapshot.alter.add_columns(fields, commit_properties=_next(snapshot))


def _commit(name: str, snapshot: DeltaTable, news: pa.Table, keys: Sequence[str], *, replaces: bool) -> None:
    """Write rows onto this very snapshot; only those that replace stored ones need a merge, which looks for them."""
    from deltalake import write_deltalake

    commit = _next(snapshot)
    if not replaces:
        write_deltalake(snapshot, news, mode="append", writer_properties=written(name), commit_properties=commit)
        return
    snapshot.merge(
        news,
        predicate=" AND ".join(f'target."{key}" = source."{key}"' for key in keys),
        source_alias="source",
        target_alias="target",
        writer_properties=written(name),
        commit_properties=commit,
    ).when_not_matched_insert_all().when_matched_update_all().execute()


def _next(snapshot: DeltaTable) -> CommitProperties:
    """What lets only one of all commits on this snapshot succeed."""
    from deltalake import CommitProperties, Transaction

    version = (snapshot.transaction_version(PUBLISHER) or 0) + 1
    return CommitProperties(app_transactions=[Transaction(PUBLISHER, version)])


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
            raise errors.StoreError(f"The catalog table {place} cannot be created: {said(error)}") from error


def _share(stored: pa.Table, rows: pa.Table, keys: Sequence[str]) -> bool:
    """Whether one of the rows is stored under the same keys."""
    wanted = rows.select(keys)
    return stored.select(keys).cast(wanted.schema).join(wanted, list(keys), join_type="inner").num_rows > 0


def _each_key(rows: pa.Table, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(rows[key].to_pylist() for key in keys), strict=True)


def _each(rows: pa.Table, key: str) -> tuple[str, pa.Array]:
    return key, rows[key].unique()


def _absent(rows: pa.Table, stored: pa.Table) -> pa.Table:
    """Rows that are not stored, by the columns that were read of what is; each once."""
    seen = set(_each_key(stored, stored.column_names))
    news = []
    for position, key in enumerate(_each_key(rows, stored.column_names)):
        if key not in seen:
            seen.add(key)
            news.append(position)
    return rows.take(pa.array(news, pa.int64()))
