"""The last steps: the batch in the catalog, and its report."""

from __future__ import annotations

import logging
from datetime import datetime
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from render import contracts, errors, scratch
from render.model import Decision, End
from render.pipeline.step import step
from render.settings import Settings
from render.status import Status, status_of
from render.store import batches, catalog, clips, receipts, tombstones
from render.store.objects import ObjectStore, store_for_commits, store_of
from render.telemetry import instruments, spans

log = logging.getLogger(__name__)

PIECE = 4096
"""Clips that are published at once: their records take some tens of KiB each."""


@step
def publish(settings: Settings, batch_id: str, *, sweep: bool = True) -> dict[str, int]:
    """Bring the batch's rows that have ended into the catalog, and sweep what crashes left of it, in ``scratch`` too.

    The clips that the catalog has are not looked at again, but for the sweep, which a batch that is finished, and of
    which nothing was rendered since, can do without.

    Gives how many ``rows`` there are, how many are ``waiting`` for their end, and how many have come to each, as the
    catalog says then.
    The tables pass their contracts' expectations first. Clips come in pieces, the rows last, then a look at what was
    taken down meanwhile. Publishing twice changes nothing.
    Raises :class:`render.errors.InputError` for a store on which two publishers at once could overwrite each other's
    commits, unless the settings say that there is one writer only.
    """
    store = store_for_commits(settings)
    batch = batches.load(store, batch_id)
    planned, ended = batches.plan_table(store, batch_id, catalog.WANTED), receipts.read(store, batch_id)
    faults = batches.quarantine_pieces(store, batch_id)
    requests = _sound(batch_id, "requests", catalog.requests_table(batch, planned, faults, ended))
    published = _published(store, ended)
    records = clips.find_each(store, _but(ended["fingerprint"], published))
    while piece := list(islice(records, PIECE)):
        made = _sound(batch_id, "clips", catalog.clips_table(piece))
        catalog.publish_clips(store, made, _sound(batch_id, "checks", catalog.checks_table(piece)))
    catalog.publish_requests(store, batch_id, requests)
    catalog.withdraw(store, list(tombstones.of(store, planned["fingerprint"]).values()))
    catalog.relieve(store, scratch=settings.scratch)
    if sweep:
        reused = planned["fingerprint"].filter(pc.equal(planned["decision"], Decision.REUSE))
        clips.sweep_attempts(store, _but(ended["fingerprint"], published.filter(pc.is_in(published, reused))))
        batches.sweep_plans(store, batch_id)
        store.sweep_temporary()
        scratch.sweep(settings.scratch)
    log.info("Published: %d rows", requests.num_rows)
    ends = catalog.ends_of(store, [batch_id])[batch_id]
    waiting = requests.num_rows - ends.total()
    return {"rows": requests.num_rows, "waiting": waiting} | {end.value: ends[end] for end in End}


def _published(store: ObjectStore, ended: pa.Table) -> pa.Array:
    """The clips of these receipts that the catalog has, with figures.

    One that was deleted and made anew has another path there.
    """
    wanted = ended["fingerprint"].unique()
    known = catalog.clips_of(store, catalog.measured(store, wanted.filter(pc.not_equal(wanted, ""))), columns=["path"])
    stored = (
        known["path"].combine_chunks().take(pc.index_in(ended["fingerprint"], known["fingerprint"].combine_chunks()))
    )
    return ended["fingerprint"].filter(pc.fill_null(pc.equal(ended["path"], stored), False)).unique()


def _but(fingerprints: pa.ChunkedArray, those: pa.Array) -> list[str]:
    """These clips, each once, without those."""
    every = fingerprints.unique()
    return sorted(filter(None, every.filter(pc.invert(pc.is_in(every, those))).to_pylist()))


def _sound(batch_id: str, name: str, table: pa.Table) -> pa.Table:
    """The same table, if it keeps its contract."""
    if violations := contracts.validate(contracts.load(name), table):
        first = violations[0]
        raise errors.NightreelError(
            f"Batch {batch_id} is not published: {len(violations)} values of table {name} break its contract, "
            f"first row {first.row}, column {first.column} = {first.value!r}: {first.reason}"
        )
    return table


@step
def report(settings: Settings, batch_id: str, *, now: datetime) -> str:
    """Write the batch's report; give the page's URI.

    The batch is marked as finished if every row has its end, in the catalog too: else a later run takes it up again.
    """
    from render.experiments import gather
    from render.experiments import report as page

    store = store_of(settings)
    uri, _ = page.write_current(store, lambda: gather.of_batch(store, batch_id), now=now)
    state = status_of(store, batch_id)
    over = not state.waiting and catalog.rows_ended(store, batch_id) == state.rows
    if over and batches.finish(store, batch_id, {"finished_at": now.isoformat()}):
        _tell_of_the_end(store, state, now)
    return uri


def _tell_of_the_end(store: ObjectStore, state: Status, now: datetime) -> None:
    ends_of_rows = {end: count for end, count in state.ends.items() if count}
    log.info("Finished: %s", ", ".join(f"{count} {end}" for end, count in ends_of_rows.items()))
    instruments.BATCHES.add(1)
    spans.finish_batch(
        store.url,
        state.batch,
        began=datetime.fromisoformat(batches.load(store, state.batch).created_at),
        ended=now,
        attributes={f"nightreel.rows.{end}": count for end, count in ends_of_rows.items()},
    )
