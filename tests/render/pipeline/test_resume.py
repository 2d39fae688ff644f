"""A batch that was stopped anywhere is taken up again by the same manifest, and says meanwhile where it stands."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from in_process import NOW, go, raising, write

from render import errors, media, pipeline
from render.engines.testcard import TestcardEngine
from render.farm import cluster
from render.farm.control import Control
from render.model import End
from render.store import batches, clips
from render.store.objects import open_store


def test_a_stopped_batch_is_resumed_by_the_same_manifest(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one", "two", "three")
    farm.stop_after = 1
    with pytest.raises(errors.BatchStopped):
        go(settings, manifest)
    farm.stop_after = None
    told = []
    status = go(settings, manifest, key="run-2", now=NOW + timedelta(hours=1), on_plan=lambda *plan: told.append(plan))
    assert status.batch.startswith("run-1-")
    [(plan, made, settled)] = told
    assert (sum(plan.shards.values()), made, settled) == (3, 1, 0)
    assert status.ends[End.PUBLISHED] == 3
    assert sorted(farm.made) == ["one", "three", "two"]


def test_a_stopped_batch_tells_of_the_clips_that_are_made(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one", "two", "three")
    farm.stop_after = 2
    with pytest.raises(errors.BatchStopped):
        go(settings, manifest)
    (batch,) = batches.list_ids(open_store(settings.store))
    status = pipeline.status(settings, batch)
    assert (status.waiting, [clip.end for clip in status.clips]) == (3, [None] * 3)
    assert [bool(clip.uri) for clip in status.clips].count(True) == 2


def test_an_unplanned_batch_whose_manifest_is_gone_does_not_stand_in_the_way_of_its_copy(settings, farm, tmp_path):
    manifest = Path(write(tmp_path / "m.parquet", "one"))
    pipeline.intake(settings, manifest=str(manifest), run_key="run-1", now=NOW)
    status = go(settings, str(manifest.rename(tmp_path / "copy.parquet")), key="run-2")
    assert status.batch.startswith("run-2-")
    assert status.ends == {End.PUBLISHED: 1}


def test_a_planned_batch_is_resumed_from_a_copy_of_its_manifest(settings, farm, tmp_path):
    manifest = Path(write(tmp_path / "m.parquet", "one"))
    batch = pipeline.intake(settings, manifest=str(manifest), run_key="run-1", now=NOW)
    pipeline.plan(settings, batch.id, now=NOW)
    assert go(settings, str(manifest.rename(tmp_path / "copy.parquet")), key="run-2").batch == batch.id


def test_pending_shards_are_found_without_a_look_at_the_clips(settings, farm, tmp_path, monkeypatch):
    settings = settings.model_copy(update={"jobs_per_shard": 1})
    manifest = write(tmp_path / "m.parquet", "one", "two", "", "one")
    farm.stop_after = 1
    with pytest.raises(errors.BatchStopped):
        go(settings, manifest)
    (batch,) = batches.list_ids(open_store(settings.store))
    monkeypatch.setattr(clips, "find", lambda *_: pytest.fail("a clip's record was read"))
    assert pipeline.pending_shards(settings, batch) == [1]


def test_a_run_that_is_stopped_while_it_plans_starts_no_farm(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "local", raising(AssertionError("a farm was started")))
    batch = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "one"), run_key="run-1", now=NOW)
    control = Control()
    with pytest.raises(errors.BatchStopped, match="Stopped on request"):
        pipeline.run(settings, batch.id, now=lambda: NOW, control=control, on_plan=lambda *_: control.drain())
    assert pipeline.status(settings, batch.id).state == "planned"


def test_a_batch_whose_run_stopped_half_way_is_under_way(settings, farm, tmp_path):
    path = write(tmp_path / "m.parquet", "one", "two", "three", "three")
    batch = pipeline.intake(settings, manifest=path, run_key="run-1", now=NOW)
    pipeline.plan(settings, batch.id, now=NOW)
    [found], _ = pipeline.latest(settings, 1)
    assert (found.state, found.made, found.clips) == ("planned", 0, 3)
    farm.stop_after = 2
    with pytest.raises(errors.BatchStopped):
        go(settings, path)
    [found], _ = pipeline.latest(settings, 1)
    assert (found.state, found.made, found.clips) == ("under way", 2, 3)
    assert pipeline.status(settings, batch.id).state == "under way"
    farm.stop_after = None
    go(settings, path)
    [found], _ = pipeline.latest(settings, 1)
    assert (found.state, found.made, found.clips) == ("finished", None, 3)


def test_a_batch_has_one_state_whoever_asks(settings, farm, tmp_path):
    path = write(tmp_path / "m.parquet", "one", "two")
    farm.failing, farm.stop_after = {"one"}, 1
    with pytest.raises(errors.BatchStopped):
        go(settings, path)
    [found], _ = pipeline.latest(settings, 1)
    assert (found.state, found.made) == ("planned", 0), "nothing is made yet"
    assert pipeline.status(settings, found.batch).state == found.state


def test_a_damaged_clip_record_hides_no_batch_from_the_list(settings, farm, tmp_path):
    path = write(tmp_path / "m.parquet", "one", "two")
    farm.stop_after = 1
    with pytest.raises(errors.BatchStopped):
        go(settings, path)
    [record] = (tmp_path / "store" / "clips").glob("*/*/clip.json")
    record.write_text("{}")
    [found], _ = pipeline.latest(settings, 1)
    assert (found.state, found.made) == ("under way", 1)


@pytest.mark.parametrize("change", ["engine", "media"])
def test_what_another_revision_planned_is_begun_anew(settings, farm, tmp_path, monkeypatch, change):
    """A clip made by another revision than its fingerprint says would be another clip."""
    manifest = write(tmp_path / "m.parquet", "one", "two")
    farm.stop_after = 1
    with pytest.raises(errors.BatchStopped):
        go(settings, manifest)
    farm.stop_after = None
    if change == "media":
        monkeypatch.setattr(media, "REVISION", "media-next")
    else:
        newer = replace(TestcardEngine.capabilities, revision="testcard-next")
        monkeypatch.setattr(TestcardEngine, "capabilities", newer)
    (old,) = batches.list_ids(open_store(settings.store))
    with pytest.raises(
        errors.InputError, match=rf"{change if change == 'media' else 'testcard'}-.*nightreel cancel {old}"
    ):
        pipeline.render(settings, old, [0], address="", now=lambda: NOW)
    status = go(settings, manifest, key="run-2", now=NOW + timedelta(hours=1))
    assert status.batch.startswith("run-2-")
    assert status.ends == {End.PUBLISHED: 2}
    assert pipeline.status(settings, old).state == "cancelled"
