"""How rows end that earlier clips serve: the same receipts by the clips' records as by the catalog's figures."""

from pathlib import Path

import as_tables
import pytest

from render.checks import policy
from render.model import Batch, Decision, End, Estimate, Figure, Job, PlannedRow, Receipt, Row
from render.planning import ends, reuse
from render.store import batches, catalog, clips, layout, tables
from render.store.objects import ObjectStore, open_store

STAMP = ends.Stamp(batch="now", shard=None, attempt="a1", finished_at="2026-11-22T00:00:00+00:00")
LIMITS = policy.load("default").limits
GOOD = {(one.check, one.figure): one.min if one.max is None else one.max for one in LIMITS}
"""A value within each limit."""
FIGURES = {
    "a" * 64: GOOD,
    "b" * 64: GOOD | {("black", "black_share"): 1.0},
    "c" * 64: {name: value for name, value in GOOD.items() if name != ("loudness", "integrated")},
}
"""Of a clip that passes, of one that is black, and of one that was made before loudness was measured."""


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    """A store with published clips, and a plan that reuses them."""
    store, film = open_store(str(tmp_path / "store")), tmp_path / "film"
    film.write_bytes(b"film")
    planned, records = [], []
    for number, (fingerprint, figures) in enumerate(FIGURES.items()):
        row = Row(row=number, experiment="e", variant="a", prompt=f"ball {number}")
        one = PlannedRow(
            row=row, decision=Decision.REUSE, why="rendered by batch early", fingerprint=fingerprint,
            engine_revision="world-1", shard=None, estimate=Estimate(cost_usd=0.0, cpu_seconds=0.0),
        )  # fmt: skip
        planned.append(one)
        records.append(_commit(store, one.job, film, figures))
    catalog.publish_clips(store, catalog.clips_table(records), catalog.checks_table(records))
    batches.write_plan(store, "now", as_tables.of_planned([*planned, _rendered(planned[0])]))
    return store


def _rendered(one: PlannedRow) -> PlannedRow:
    """A row that is no business of ours."""
    row = Row(row=9, experiment="e", variant="a", prompt="another")
    return PlannedRow(
        row=row, decision=Decision.RENDER, why="never rendered", fingerprint="d" * 64, shard=0,
        engine_revision=one.engine_revision, estimate=one.estimate,
    )  # fmt: skip


def _commit(store: ObjectStore, job: Job, film: Path, figures: dict[tuple[str, str], float]) -> clips.ClipRecord:
    return clips.commit(
        store, job=job, batch="early", files={"clip": film}, engine_simulated=True,
        figures=[Figure(check=check, name=name, value=value, unit="1") for (check, name), value in figures.items()],
        understanding=None, events=(), captions=(), render_seconds=3.0, cpu_seconds=2.0, cost_usd=5.0, worker="w",
        created_at=STAMP.finished_at,
    )  # fmt: skip


def settled(store: ObjectStore) -> list[Receipt]:
    return sorted(tables.receipts(reuse.settle(store, "now", STAMP)), key=lambda receipt: receipt.row)


def test_the_catalogs_word_gives_the_same_ends_as_the_records(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_records = settled(store)
    assert [receipt.end for receipt in by_records] == [End.REUSED, End.REJECTED, End.HELD]
    first = by_records[0]
    assert (first.reason, first.render_seconds, first.cost_usd) == ("rendered by batch early", 3.0, 0.0)

    asked: list[str] = []
    find_each = clips.find_each
    monkeypatch.setattr(reuse, "FEW", 0)
    monkeypatch.setattr(clips, "find_each", lambda store, wanted: asked.extend(wanted) or find_each(store, wanted))
    assert settled(store) == by_records
    assert asked == ["b" * 64, "c" * 64], "the record of a clip that passes was read"


def test_a_clip_that_a_batch_not_yet_published_made_anew_is_found_where_it_lies(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The catalog names the attempt that somebody deleted until the batch that made the clip again is published."""
    first = next(iter(FIGURES))
    job, old = clips.get(store, first).job, clips.get(store, first).objects["clip"].path
    store.delete(old)
    store.delete(layout.clip_record(first))
    again = Batch(
        id="again",
        run_key="again",
        content="0" * 64,
        manifests=(),
        limit=None,
        where=None,
        created_at=STAMP.finished_at,
    )
    batches.create(store, again)
    rendered = PlannedRow(
        row=Row(row=0, experiment="e", variant="a", prompt=job.prompt), decision=Decision.RENDER, why="deleted",
        fingerprint=first, engine_revision="world-1", shard=0, estimate=Estimate(cost_usd=0.0, cpu_seconds=0.0),
    )  # fmt: skip
    batches.write_plan(store, again.id, as_tables.of_planned([rendered]))
    new = _commit(store, job, tmp_path / "film", GOOD).objects["clip"].path
    monkeypatch.setattr(reuse, "FEW", 0)
    assert new != old
    assert settled(store)[0].path == new


def test_a_plan_without_reuse_settles_nothing(store: ObjectStore) -> None:
    batches.write_plan(store, "other", as_tables.of_planned([]))
    assert reuse.settle(store, "other", STAMP).num_rows == 0
