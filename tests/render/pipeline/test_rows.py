"""How rows end, what is tried again, and what a plan or a preview says of them."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from in_process import NOW, go, raising, write

from render import pipeline
from render.farm import cluster
from render.model import End, ReasonKind
from render.pipeline import planning
from render.store import catalog, layout, receipts
from render.store.objects import open_store


def test_every_row_reaches_its_end(settings, farm, tmp_path):
    status = go(settings, write(tmp_path / "m.parquet", "one", "two", "one", ""))
    assert {end: count for end, count in status.ends.items() if count} == {
        End.PUBLISHED: 2,
        End.REUSED: 1,
        End.REJECTED: 1,
    }
    assert (status.rows, status.waiting, status.state) == (4, 0, "finished")
    assert [(fault.row, fault.column, fault.kind) for fault in status.quarantined] == [(3, "prompt", "invalid")]
    assert Path(status.report.removeprefix("file://")).is_file()
    for clip in status.clips:
        assert Path(clip.uri.removeprefix("file://")).is_file()
        assert clip.seconds == 0.5


def test_the_status_is_plain_json_with_all_six_ends(settings, farm, tmp_path):
    plain = json.loads(json.dumps(go(settings, write(tmp_path / "m.parquet", "one", "")).as_json()))
    assert plain["ends"] == {"published": 1, "reused": 0, "held": 0, "rejected": 1, "failed": 0, "withdrawn": 0}
    assert plain["quarantined"][0]["reason_kind"] == "invalid"
    assert plain["clips"][0]["end"] == "published"
    assert plain["clips"][0]["cost"] == 0.0


def test_a_second_batch_reuses_every_clip_and_needs_no_cluster(settings, farm, tmp_path, monkeypatch):
    manifest = write(tmp_path / "m.parquet", "one", "two")
    go(settings, manifest)
    monkeypatch.setattr(cluster, "local", lambda _: pytest.fail("a cluster was started for nothing"))
    batch = pipeline.intake(settings, manifest=manifest, run_key="run-2", now=NOW)
    status = pipeline.run(settings, batch.id, now=lambda: NOW)
    assert status.ends[End.REUSED] == 2
    assert status.batch.startswith("run-2-")
    assert farm.made == ["one", "two"]


def test_failed_rows_are_kept_with_their_reason_and_tried_by_the_next_batch(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "good", "bad", "bad")
    farm.failing = {"bad"}
    status = go(settings, manifest)
    assert status.ends == {End.PUBLISHED: 1, End.FAILED: 2}
    failed = [clip for clip in status.clips if clip.end is End.FAILED]
    assert {(clip.reason, clip.reason_kind, clip.uri) for clip in failed} == {("Broken.", "engine", "")}
    farm.failing = set()
    status = go(settings, manifest, key="run-2", now=NOW + timedelta(hours=1))
    assert status.ends == {End.PUBLISHED: 1, End.REUSED: 2}


def test_rendering_a_shard_again_tries_only_what_failed(settings, farm, tmp_path):
    farm.failing = {"bad"}
    batch = go(settings, write(tmp_path / "m.parquet", "good", "bad")).batch
    farm.failing = set()
    farm.made.clear()
    pipeline.render(settings, batch, [0], address="", now=lambda: NOW + timedelta(hours=1))
    pipeline.publish(settings, batch)
    assert farm.made == ["bad"]
    assert pipeline.status(settings, batch).ends == {End.PUBLISHED: 2}
    answer = catalog.query(open_store(settings.store), 'select "end", count(*) as n from requests group by all')
    assert answer.to_pylist() == [{"end": "published", "n": 2}]


def test_a_row_whose_clip_was_deleted_after_the_plan_fails_and_the_next_run_renders_it(
    settings, farm, tmp_path, monkeypatch
):
    manifest = write(tmp_path / "m.parquet", "one", "")
    first = go(settings, manifest)
    batch = pipeline.intake(settings, manifest=manifest, run_key="run-2", now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(planning, "_settle_planned", raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            pipeline.plan(settings, batch.id, now=NOW)
    shutil.rmtree(tmp_path / "store" / layout.clip(first.clips[0].fingerprint))
    status = go(settings, manifest, key="run-3")
    assert status.batch == batch.id
    assert status.ends == {End.FAILED: 1, End.REJECTED: 1}
    assert (status.clips[0].reason_kind, status.clips[0].fix) == (
        ReasonKind.INFRASTRUCTURE,
        "Run the manifest again to render it.",
    )
    status = go(settings, manifest, key="run-4", now=NOW + timedelta(hours=1))
    assert status.ends == {End.PUBLISHED: 1, End.REJECTED: 1}


def test_a_plan_is_made_once(settings, farm, tmp_path):
    batch = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "one", ""), run_key="run-1", now=NOW)
    first = pipeline.plan(settings, batch.id, now=NOW)
    assert pipeline.plan(settings, batch.id, now=NOW) == first
    assert len(receipts.read(open_store(settings.store), batch.id)) == 1


def test_a_preview_writes_nothing(settings, tmp_path):
    summary = pipeline.preview(settings, write(tmp_path / "m.parquet", "one", "one", ""))
    assert summary.decisions["render"] == summary.decisions["duplicate"] == summary.quarantined == 1
    assert summary.reasons == {"never rendered": 1}
    assert not (tmp_path / "store").exists()


def test_the_preview_says_what_changed_since_the_nearest_clip(settings, farm, tmp_path):
    go(settings, write(tmp_path / "m.parquet", "one"))
    summary = pipeline.preview(settings, write(tmp_path / "n.parquet", "one", seed=7))
    assert summary.reasons == {"seed changed from 0 to 7": 1}
