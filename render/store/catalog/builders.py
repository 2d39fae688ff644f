"""From a batch's records to the rows of the catalog's tables, by contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from render import contracts
from render.model import Batch, ClipRecord, Decision, End, ReasonKind, Tombstone
from render.store import quarantine
from render.store.receipts import of_clip
from render.store.tables import to_table

WANTED = (
    *("row", "experiment", "variant", "prompt", "style", "engine", "submitter", "team", "priority", "tags", "policy"),
    *("decision", "why", "fingerprint"),
)
"""Columns of the plan that a request has."""


def requests_table(batch: Batch, planned: pa.Table, faults: Iterable[pa.RecordBatch], ended: pa.Table) -> pa.Table:
    """One row for each manifest row of the batch, by row; a row without a receipt has no end yet.

    ``planned`` has the columns :data:`WANTED` of the plan, ``ended`` the receipts that count. ``faults``, pieces of
    a table of the quarantine contract, may hold those of refused rows too.
    """
    faulty = _faulty(faults)
    row = pa.chunked_array([*planned["row"].chunks, *faulty["row"].chunks]).unique().sort()
    wanted, found, receipts = (_at(table, row) for table in (planned, faulty, ended))
    refused = pc.equal(wanted["decision"], Decision.REFUSE)
    columns = {name: wanted[name] for name in WANTED} | {
        "row": row,
        "fingerprint": pc.if_else(pc.fill_null(refused, True), pa.scalar(None, pa.string()), wanted["fingerprint"]),
        "finished_at": _instants(receipts["finished_at"]),
    }
    for name in ("experiment", "variant"):
        columns[name] = pc.coalesce(wanted[name], found[name])
    for name in ("end", "reason", "reason_kind", "fix"):
        columns[name] = pc.coalesce(_not_empty(receipts[name]), found[name])
    shared = {
        "batch": batch.id,
        "run_key": batch.run_key,
        "manifest": batch.source,
        "requested_at": _instant(batch.created_at),
    }
    schema = contracts.load("requests").arrow_schema()
    columns |= {name: pa.repeat(pa.scalar(value, schema.field(name).type), len(row)) for name, value in shared.items()}
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def clips_table(records: Iterable[ClipRecord]) -> pa.Table:
    """One row for each clip, by fingerprint; a clip that is given twice is there once."""
    clips = {record.job.fingerprint: record for record in records}
    return to_table("clips", [_clip(clips[fingerprint]) for fingerprint in sorted(clips)])


def checks_table(records: Iterable[ClipRecord]) -> pa.Table:
    """One row for each figure of each clip, by fingerprint, check and name; each is there once."""
    figures = {
        (record.job.fingerprint, figure.check, figure.name): figure for record in records for figure in record.figures
    }
    rows = [
        {"fingerprint": fingerprint, "check": check, "name": name, "value": figure.value, "unit": figure.unit}
        for (fingerprint, check, name), figure in sorted(figures.items(), key=lambda item: item[0])
    ]
    return to_table("checks", rows)


def untold_clips(stored: pa.Table) -> pa.ChunkedArray:
    """Which of these clips the catalog does not call withdrawn."""
    return stored["withdrawn_at"].is_null()


def untold_requests(stored: pa.Table) -> pa.ChunkedArray:
    """Which of these requests have an end that a takedown of their clip changes."""
    return of_clip(stored["end"], stored["reason_kind"])


def withdrawn_clips(stored: pa.Table, tombstones: Sequence[Tombstone]) -> pa.Table:
    """Those of these clips that the catalog does not call withdrawn yet, as they have to be; all have tombstones."""
    news = stored.filter(untold_clips(stored)).cast(contracts.load("clips").arrow_schema())
    told = _told(news, tombstones)
    for name in ("withdrawn_at", "withdrawn_by", "withdrawn_reason"):
        news = news.set_column(news.schema.get_field_index(name), news.schema.field(name), told[name])
    return news


def withdrawn_requests(stored: pa.Table, tombstones: Sequence[Tombstone]) -> pa.Table:
    """Those of these requests that go with their clip, as they have to be since it was taken down; all have tombstones.

    As :func:`requests_table` has them by the receipts of today.
    """
    news = stored.filter(untold_requests(stored)).cast(contracts.load("requests").arrow_schema())
    told = _told(news, tombstones)
    later = pc.fill_null(pc.greater(told["withdrawn_at"], news["finished_at"]), True)
    instead = {
        "end": pa.repeat(str(End.WITHDRAWN), news.num_rows),
        "reason": told["sentence"],
        "reason_kind": pa.repeat(str(ReasonKind.POLICY), news.num_rows),
        "fix": pa.repeat(Tombstone.FIX, news.num_rows),
        "finished_at": pc.if_else(later, told["withdrawn_at"], news["finished_at"]),
    }
    for name, values in instead.items():
        news = news.set_column(news.schema.get_field_index(name), news.schema.field(name), values)
    return news


def _told(rows: pa.Table, tombstones: Sequence[Tombstone]) -> dict[str, pa.Array]:
    """What the tombstones say of the clips of these rows."""
    which = pc.index_in(rows["fingerprint"].combine_chunks(), pa.array([one.fingerprint for one in tombstones]))
    columns = {
        "withdrawn_at": pa.array([_instant(one.withdrawn_at) for one in tombstones], pa.timestamp("us", "UTC")),
        "withdrawn_by": pa.array([one.withdrawn_by for one in tombstones], pa.string()),
        "withdrawn_reason": pa.array([one.reason for one in tombstones], pa.string()),
        "sentence": pa.array([one.sentence for one in tombstones], pa.string()),
    }
    return {name: values.take(which) for name, values in columns.items()}


def _faulty(faults: Iterable[pa.RecordBatch]) -> pa.Table:
    """What the faults alone say of each faulty row."""
    found = pa.concat_tables(quarantine.by_row(faults))
    columns = {name: found[name] for name in ("row", "reason", "fix")}
    columns |= {name: _not_empty(found[name]) for name in ("experiment", "variant")}
    columns |= {"end": pa.repeat(str(End.REJECTED), found.num_rows), "reason_kind": found["kind"]}
    schema = contracts.load("requests").arrow_schema()
    return pa.table(columns).cast(pa.schema([schema.field(name) for name in columns]))


def _at(table: pa.Table, row: pa.Array) -> pa.Table:
    """The table's records of these rows, in their order; nulls for a row that it does not have."""
    return table.take(pc.index_in(row, table["row"].combine_chunks()))


def _not_empty(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _instants(texts: pa.ChunkedArray) -> pa.Array:
    encoded = _not_empty(texts).combine_chunks().dictionary_encode()
    instants = pa.array([_instant(text) for text in encoded.dictionary.to_pylist()], pa.timestamp("us", "UTC"))
    return instants.take(encoded.indices)


def _clip(record: ClipRecord) -> dict[str, Any]:
    job, film, understood = record.job, record.objects["clip"], record.understanding
    return {
        "fingerprint": job.fingerprint,
        "prompt": job.prompt,
        "style": job.style,
        "width": job.width,
        "height": job.height,
        "fps": job.fps,
        "seconds": job.seconds,
        "seed": job.seed,
        "engine": job.engine,
        "engine_revision": job.engine_revision,
        "simulated": record.engine_simulated,
        "scene": understood.scene if understood else None,
        "fallback": understood.fallback if understood else None,
        "understood_share": understood.share if understood else None,
        "render_seconds": record.render_seconds,
        "cpu_seconds": record.cpu_seconds,
        "cost_usd": record.cost_usd,
        "bytes": film.bytes,
        "sha256": film.sha256,
        "path": film.path,
        "batch": record.batch,
        "worker": record.worker,
        "created_at": _instant(record.created_at),
    }


def _instant(text: str) -> datetime | None:
    """An ISO 8601 instant; one without an offset is meant in UTC."""
    if not text:
        return None
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
