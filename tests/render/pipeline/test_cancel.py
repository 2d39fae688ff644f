"""A batch that is cancelled, from here or from elsewhere, drains, keeps what it made, and stands in nobody's way."""

from datetime import timedelta
from pathlib import Path

import pytest
from in_process import NOW, InProcess, go, raising, write

from render import errors, pipeline
from render.farm import dispatch
from render.model import End, ReasonKind
from render.pipeline import planning, rendering
from render.settings import Settings
from render.store import batches, catalog, layout
from render.store.directory import DirectoryStore
from render.store.objects import open_store


def test_a_cancelled_batch_keeps_what_was_made_and_is_not_resumed(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one", "two", "one", "")
    farm.stop_after = 1
    with pytest.raises(errors.BatchStopped):
        go(settings, manifest)
    batch = batches.list_ids(open_store(settings.store))[0]
    assert pipeline.cancel(settings, batch, now=NOW)
    assert not pipeline.cancel(settings, batch, now=NOW), "it was cancelled already"
    status = pipeline.status(settings, batch)
    assert (status.state, status.waiting) == ("cancelled", 0)
    assert status.ends == {End.PUBLISHED: 1, End.FAILED: 1, End.REUSED: 1, End.REJECTED: 1}
    (failed,) = [clip for clip in status.clips if clip.end is End.FAILED]
    assert (failed.reason, failed.reason_kind, failed.uri) == ("The batch was cancelled.", ReasonKind.CANCELLED, "")
    answer = catalog.query(
        open_store(settings.store), "select reason_kind from requests where reason_kind = 'cancelled'"
    )
    assert len(answer) == 1
    farm.stop_after = None
    assert go(settings, manifest, key="run-2", now=NOW + timedelta(hours=1)).batch.startswith("run-2-")


def test_a_cancelled_batch_begins_no_clip(settings, farm, tmp_path):
    batch = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "one"), run_key="run-1", now=NOW)
    pipeline.cancel(settings, batch.id, now=NOW)
    with pytest.raises(errors.Cancelled):
        pipeline.render(settings, batch.id, [0], address="", now=lambda: NOW)
    assert farm.made == []
    assert pipeline.status(settings, batch.id).ends == {End.FAILED: 1}


def test_a_batch_whose_manifest_is_gone_can_be_cancelled(settings, tmp_path):
    manifest = Path(write(tmp_path / "m.parquet", "one"))
    batch = pipeline.intake(settings, manifest=str(manifest), run_key="run-1", now=NOW)
    manifest.unlink()
    with pytest.raises(errors.ManifestError):
        pipeline.plan(settings, batch.id, now=NOW)
    pipeline.cancel(settings, batch.id, now=NOW)
    status = pipeline.status(settings, batch.id)
    assert (status.state, status.rows, status.waiting) == ("cancelled", 0, 0)


def test_cancelling_ends_the_rows_that_a_killed_planner_left(settings, farm, tmp_path, monkeypatch):
    go(settings, write(tmp_path / "m.parquet", "one"))
    batch = pipeline.intake(
        settings, manifest=write(tmp_path / "n.parquet", "one", "", "two"), run_key="run-2", now=NOW
    )
    with monkeypatch.context() as patch:
        patch.setattr(planning, "_settle_planned", raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            pipeline.plan(settings, batch.id, now=NOW)
    pipeline.cancel(settings, batch.id, now=NOW)
    assert pipeline.status(settings, batch.id).ends == {End.REUSED: 1, End.REJECTED: 1, End.FAILED: 1}


def test_a_cancellation_that_was_killed_does_not_stand_in_the_way_of_the_next_run(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one")
    batch = pipeline.intake(settings, manifest=manifest, run_key="run-1", now=NOW)
    open_store(settings.store).put(layout.cancelled(batch.id), b"{}")
    status = go(settings, manifest, key="run-2")
    assert status.batch.startswith("run-2-")
    assert status.ends == {End.PUBLISHED: 1}


def test_a_finished_batch_cannot_be_cancelled_any_more(settings, farm, tmp_path):
    batch = go(settings, write(tmp_path / "m.parquet", "one")).batch
    assert not pipeline.cancel(settings, batch, now=NOW)
    assert pipeline.status(settings, batch).state == "finished"


def cancelled_meanwhile(monkeypatch, farm: InProcess, settings: Settings, batch: str) -> None:
    """Let another process cancel the batch when the farm begins; the farm makes one more clip, and drains."""
    monkeypatch.setattr(rendering, "CANCEL_POLL_SECONDS", 0.01)

    def make_one(address, jobs, *, control, on_result, **options):
        pipeline.cancel(settings, batch, now=NOW)
        while not control.draining:
            pass
        control.draining, farm.stop_after = False, 1
        farm.run(address, jobs, control=control, on_result=on_result, **options)

    monkeypatch.setattr(dispatch, "run", make_one)


def test_a_batch_that_is_cancelled_from_elsewhere_drains_and_keeps_what_it_made(settings, farm, tmp_path, monkeypatch):
    batch = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "one", "two"), run_key="run-1", now=NOW)
    cancelled_meanwhile(monkeypatch, farm, settings, batch.id)
    with pytest.raises(errors.Cancelled):
        pipeline.run(settings.model_copy(update={"scheduler": "tcp://x"}), batch.id, now=lambda: NOW)
    assert pipeline.status(settings, batch.id).ends == {End.PUBLISHED: 1, End.FAILED: 1}
    answer = catalog.query(open_store(settings.store), 'select "end" from requests order by row')
    assert answer["end"].to_pylist() == ["published", "failed"]


def test_a_cancellation_is_seen_when_the_store_was_away_for_a_moment(settings, farm, tmp_path, monkeypatch):
    batch = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "one", "two"), run_key="run-1", now=NOW)
    pipeline.plan(settings, batch.id, now=NOW)
    cancelled_meanwhile(monkeypatch, farm, settings, batch.id)
    exists, looks = DirectoryStore.exists, []

    def away_at_the_watchers_first_look(store, path):
        if path == layout.cancelled(batch.id):
            looks.append(path)
            if len(looks) == 2:
                raise errors.StoreError("The store is away.")
        return exists(store, path)

    monkeypatch.setattr(DirectoryStore, "exists", away_at_the_watchers_first_look)
    with pytest.raises(errors.Cancelled):
        pipeline.render(settings, batch.id, [0], address="", now=lambda: NOW)
