"""The way of the data: each step once, each repeated, each after a crash. Jobs run in this process, without Dask."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from render import errors, media, pipeline
from render.engines.testcard import TestcardEngine
from render.farm import cluster, dispatch, worker
from render.manifest import sources
from render.model import End, JobResult, ReasonKind
from render.settings import Settings, load
from render.store import batches, catalog, clips, layout, receipts
from render.store.directory import DirectoryStore
from render.store.objects import open_store

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
SMALL = {"engine": "testcard", "seconds": 0.5, "width": 64, "height": 64, "fps": 8}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch", workers=1)


class InProcess:
    """Runs jobs as a worker would; can be told to fail prompts, or to stop after so many jobs."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.failing: set[str] = set()
        self.stop_after: int | None = None

    def run(self, address, jobs, *, store_url, batch, settings, control, on_result) -> None:
        orders = worker.Orders(
            store_url=store_url, batch=batch, scratch=settings.scratch, cache=settings.cache, usd_per_cpu_hour=0.0
        )
        for count, job in enumerate(jobs):
            if control.draining or count == self.stop_after:
                raise errors.BatchStopped("Stopped on request. Run the same command again: it resumes.")
            if job.prompt in self.failing:
                kind = ReasonKind.ENGINE
                on_result(
                    JobResult(
                        fingerprint=job.fingerprint, state="failed", reason="Broken.", reason_kind=kind, fix="Mend it."
                    )
                )
                continue
            (outcome,) = worker.make_clips([job], orders)
            assert outcome.result.state != "failed", outcome.result.reason
            if outcome.result.state == "made":
                self.made.append(job.prompt)
            on_result(outcome.result)


@pytest.fixture
def farm(monkeypatch) -> InProcess:
    farm = InProcess()
    monkeypatch.setattr(dispatch, "run", farm.run)
    return farm


def write(path: Path, *prompts: str, **columns: object) -> str:
    rows = [{"experiment": "e", "variant": str(i), "prompt": p, **SMALL, **columns} for i, p in enumerate(prompts)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


def write_csv(folder: Path) -> str:
    path = folder / "m.csv"
    path.write_text("experiment,variant,prompt,engine\ne,a,x,testcard\n")
    return str(path)


def raising(error: BaseException) -> Callable[..., None]:
    """A function that always raises this."""

    def function(*_: object, **__: object) -> None:
        raise error

    return function


def go(
    settings: Settings, manifest: str, *, now: datetime = NOW, key: str = "run-1", on_plan=lambda *_: None, **kwargs
) -> pipeline.Status:
    """All steps on an address that in-process jobs never look at."""
    batch = pipeline.intake(settings, manifest=manifest, run_key=key, now=now, **kwargs)
    scheduler = settings.model_copy(update={"scheduler": "tcp://127.0.0.1:1"})
    return pipeline.run(scheduler, batch.id, now=lambda: now, on_plan=on_plan)


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


def test_the_same_run_key_takes_the_same_batch_even_if_more_has_arrived(settings, farm, tmp_path):
    write(tmp_path / "store/inbox/a.parquet", "one")
    first = pipeline.intake(settings, run_key="2026-11-22T02:00:00Z", now=NOW)
    write(tmp_path / "store/inbox/b.parquet", "two")
    assert pipeline.intake(settings, run_key="2026-11-22T02:00:00Z", now=NOW) == first
    assert len(first.manifests) == 1


def test_the_inbox_gives_each_manifest_to_one_batch_and_changed_content_again(settings, tmp_path):
    write(tmp_path / "store/inbox/a.parquet", "one")
    pipeline.intake(settings, run_key="day 1", now=NOW)
    assert pipeline.intake(settings, run_key="day 2", now=NOW).manifests == ()
    write(tmp_path / "store/inbox/a.parquet", "one, but otherwise")
    assert len(pipeline.intake(settings, run_key="day 3", now=NOW).manifests) == 1


def test_a_broken_file_in_the_inbox_is_refused_once_and_stops_no_other(settings, farm, tmp_path):
    write(tmp_path / "store/inbox/a.parquet", "one")
    (tmp_path / "store/inbox/b.parquet").write_bytes(b"PAR1 cut off")
    (tmp_path / "store/inbox/c.parquet").touch()
    batch = pipeline.intake(settings, run_key="day 1", now=NOW)
    assert [Path(file.url).name for file in batch.manifests] == ["a.parquet"]
    assert [Path(refused.file.url).name for refused in batch.refused] == ["b.parquet", "c.parquet"]
    status = pipeline.run(settings.model_copy(update={"scheduler": "tcp://x"}), batch.id, now=lambda: NOW)
    assert status.ends == {End.PUBLISHED: 1}
    assert "b.parquet cannot be read" in status.as_json()["refused"][0]["reason"]
    assert pipeline.intake(settings, run_key="day 2", now=NOW).refused == ()


def break_page(path: Path) -> None:
    """Damage the page of a number in a Parquet file, which nothing but reading it tells."""
    group = pq.read_metadata(path).row_group(0)
    chunks = (group.column(index) for index in range(group.num_columns))
    start = next(chunk.data_page_offset for chunk in chunks if chunk.path_in_schema == "seconds")
    data = bytearray(path.read_bytes())
    data[start : start + 12] = bytes(12)
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["gone", "changed", "broken inside"])
def test_a_file_of_the_inbox_that_fails_after_the_intake_stops_no_other(settings, farm, tmp_path, how):
    for name, prompt in (("a", "one"), ("b", "two"), ("c", "three")):
        write(tmp_path / f"store/inbox/{name}.parquet", prompt, "")
    bad = tmp_path / "store/inbox/b.parquet"
    if how == "broken inside":
        break_page(bad)
    batch = pipeline.intake(settings, run_key="day 1", now=NOW)
    assert len(batch.manifests) == 3
    if how == "gone":
        bad.unlink()
    if how == "changed":
        write(bad, "another")
    status = pipeline.run(settings.model_copy(update={"scheduler": "tcp://x"}), batch.id, now=lambda: NOW)
    assert status.ends == {End.PUBLISHED: 2, End.REJECTED: 2}
    assert [clip.row for clip in status.clips] + [fault.row for fault in status.quarantined] == [0, 2, 1, 3]
    assert [Path(refused.file.url).name for refused in status.refused] == ["b.parquet"]
    assert len(pipeline.intake(settings, run_key="day 2", now=NOW).manifests) == (how == "changed")


def test_a_file_of_the_inbox_that_cannot_be_read_at_the_moment_is_not_refused(settings, tmp_path, monkeypatch):
    write(tmp_path / "store/inbox/a.parquet", "one")
    batch = pipeline.intake(settings, run_key="day 1", now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(sources.Place, "open", raising(errors.ManifestError("The network is away.")))
        with pytest.raises(errors.StoreError, match="away"):
            pipeline.plan(settings, batch.id, now=NOW)
    assert pipeline.plan(settings, batch.id, now=NOW).refused == ()


def test_a_broken_manifest_is_refused_before_anything_is_written(settings, tmp_path):
    (tmp_path / "m.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(errors.ManifestError, match=r"m\.parquet"):
        pipeline.intake(settings, manifest=str(tmp_path / "m.parquet"), run_key="k", now=NOW)
    assert not (tmp_path / "store").exists()


def test_an_empty_inbox_makes_an_empty_batch_that_finishes(settings):
    batch = pipeline.intake(settings, run_key="day 1", now=NOW)
    status = pipeline.run(settings, batch.id, now=lambda: NOW)
    assert (status.rows, status.state) == (0, "finished")


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


@pytest.mark.parametrize("where", ["no sql (", "no_such_column = 1"])
def test_a_filter_that_cannot_be_used_is_refused_before_anything_is_written(settings, tmp_path, where):
    manifest = write(tmp_path / "m.parquet", "one")
    with pytest.raises(errors.InputError, match="row filter"):
        pipeline.intake(settings, manifest=manifest, run_key="k", now=NOW, where=where)
    assert not (tmp_path / "store").exists()


def test_a_filter_that_takes_no_row_is_refused_before_anything_is_written(settings, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one")
    for step in (partial(pipeline.intake, run_key="k", now=NOW), pipeline.preview):
        with pytest.raises(errors.InputError, match="takes none of the manifest's rows"):
            step(settings, manifest=manifest, where="variant = 'no such'")
    assert not (tmp_path / "store").exists()


def test_another_limit_or_filter_is_another_batch(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one", "two", "three")
    assert go(settings, manifest, limit=1).rows == 1
    status = go(settings, manifest, where="variant = '2'")
    assert [clip.row for clip in status.clips] == [2]


def test_pending_shards_are_found_without_a_look_at_the_clips(settings, farm, tmp_path, monkeypatch):
    settings = settings.model_copy(update={"jobs_per_shard": 1})
    manifest = write(tmp_path / "m.parquet", "one", "two", "", "one")
    farm.stop_after = 1
    with pytest.raises(errors.BatchStopped):
        go(settings, manifest)
    (batch,) = batches.list_ids(open_store(settings.store))
    monkeypatch.setattr(clips, "find", lambda *_: pytest.fail("a clip's record was read"))
    assert pipeline.pending_shards(settings, batch) == [1]


def test_a_batch_is_published_whole_however_many_pieces_it_takes(settings, farm, tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "PIECE", 2)
    go(settings, write(tmp_path / "m.parquet", "one", "two", "three"))
    question = "select count(*) as n, count(distinct fingerprint) as clips from results join checks using (fingerprint)"
    (answer,) = catalog.query(open_store(settings.store), question).to_pylist()
    (figures,) = catalog.query(open_store(settings.store), "select count(*) as n from checks").to_pylist()
    assert answer == {"n": figures["n"], "clips": 3}


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
        patch.setattr(pipeline, "_settle_planned", raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            pipeline.plan(settings, batch.id, now=NOW)
    pipeline.cancel(settings, batch.id, now=NOW)
    assert pipeline.status(settings, batch.id).ends == {End.REUSED: 1, End.REJECTED: 1, End.FAILED: 1}


def test_a_run_that_is_stopped_while_it_plans_starts_no_farm(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "local", raising(AssertionError("a farm was started")))
    batch = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "one"), run_key="run-1", now=NOW)
    control = dispatch.Control()
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


def test_a_row_whose_clip_was_deleted_after_the_plan_fails_and_the_next_run_renders_it(
    settings, farm, tmp_path, monkeypatch
):
    manifest = write(tmp_path / "m.parquet", "one", "")
    first = go(settings, manifest)
    batch = pipeline.intake(settings, manifest=manifest, run_key="run-2", now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_settle_planned", raising(KeyboardInterrupt()))
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


def test_a_clip_that_was_deleted_and_made_again_is_the_one_in_the_catalog(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one")
    first = go(settings, manifest)
    shutil.rmtree(tmp_path / "store" / layout.clip(first.clips[0].fingerprint))
    second = go(settings, manifest, key="run-2", now=NOW + timedelta(hours=1))
    assert second.ends == {End.PUBLISHED: 1}
    answer = catalog.query(open_store(settings.store), "select uri, rendered_by from results order by batch")
    assert answer.to_pylist() == [{"uri": second.clips[0].uri, "rendered_by": second.batch}] * 2


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
    monkeypatch.setattr(pipeline, "CANCEL_POLL_SECONDS", 0.01)

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


def test_a_batch_is_finished_only_when_it_is_in_the_catalog(settings, farm, tmp_path, monkeypatch):
    manifest = write(tmp_path / "m.parquet", "one", "")
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "publish_requests", raising(errors.StoreError("busy")))
        with pytest.raises(errors.StoreError):
            go(settings, manifest)
    (batch,) = batches.list_ids(open_store(settings.store))
    pipeline.report(settings, batch, now=NOW)
    assert pipeline.status(settings, batch).state == "under way"
    status = go(settings, manifest, key="run-2")
    assert (status.batch, status.state) == (batch, "finished")


def test_the_manifest_of_several_files_is_their_folder(settings, farm, tmp_path):
    write(tmp_path / "m/a.parquet", "one")
    write(tmp_path / "m/b.parquet", "two")
    assert go(settings, str(tmp_path / "m")).manifest == (tmp_path / "m").as_uri()
    answer = catalog.query(open_store(settings.store), "select manifest from requests")
    assert answer["manifest"].to_pylist() == [(tmp_path / "m").as_uri()] * 2


def test_publishing_and_reporting_twice_changes_nothing(settings, farm, tmp_path):
    batch = go(settings, write(tmp_path / "m.parquet", "one")).batch
    log = sorted((tmp_path / "store/catalog/requests/_delta_log").iterdir())
    pipeline.publish(settings, batch)
    pipeline.report(settings, batch, now=NOW)
    assert sorted((tmp_path / "store/catalog/requests/_delta_log").iterdir()) == log


def test_a_plan_is_made_once(settings, farm, tmp_path):
    batch = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "one", ""), run_key="run-1", now=NOW)
    first = pipeline.plan(settings, batch.id, now=NOW)
    assert pipeline.plan(settings, batch.id, now=NOW) == first
    assert len(receipts.read(open_store(settings.store), batch.id)) == 1


def test_a_manifest_that_changed_after_the_intake_is_refused(settings, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one")
    batch = pipeline.intake(settings, manifest=manifest, run_key="run-1", now=NOW)
    write(tmp_path / "m.parquet", "another")
    with pytest.raises(errors.ManifestError, match="changed"):
        pipeline.plan(settings, batch.id, now=NOW)


def test_a_preview_writes_nothing(settings, tmp_path):
    summary = pipeline.preview(settings, write(tmp_path / "m.parquet", "one", "one", ""))
    assert summary.decisions["render"] == summary.decisions["duplicate"] == summary.quarantined == 1
    assert summary.reasons == {"never rendered": 1}
    assert not (tmp_path / "store").exists()


def test_the_preview_says_what_changed_since_the_nearest_clip(settings, farm, tmp_path):
    go(settings, write(tmp_path / "m.parquet", "one"))
    summary = pipeline.preview(settings, write(tmp_path / "n.parquet", "one", seed=7))
    assert summary.reasons == {"seed changed from 0 to 7": 1}


def test_a_brief_is_kept_with_its_batch(settings, farm, tmp_path):
    brief = tmp_path / "brief.yaml"
    brief.write_text(
        "experiment: e\nprompt: A {colour} ball\nfactors: {colour: [red, blue]}\n"
        "defaults: {engine: testcard, seconds: 0.5, width: 64, height: 64, fps: 8}\n"
    )
    status = go(settings, str(brief))
    assert status.ends == {End.PUBLISHED: 2}
    assert status.manifest == brief.as_uri(), "whoever wants to run it again is sent to what they wrote"
    brief.unlink()
    (copy,) = batches.load(open_store(settings.store), status.batch).manifests
    assert Path(copy.url.removeprefix("file://")).is_file()
    passing = pipeline.intake(
        settings, manifest=write_csv(tmp_path), passing=True, run_key="run-2", now=NOW + timedelta(hours=1)
    )
    assert passing.source.endswith("manifest.parquet"), "nobody is sent to a file that is gone"


@pytest.mark.parametrize("moment", ["create", "load"])
def test_an_intake_of_a_csv_that_was_killed_leaves_nothing_beside_the_next(settings, tmp_path, monkeypatch, moment):
    path = write_csv(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(batches, moment, raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            pipeline.intake(settings, manifest=path, run_key="run-1", now=NOW)
    batch = pipeline.intake(settings, manifest=path, run_key="run-2", now=NOW)
    assert batches.list_ids(open_store(settings.store)) == [batch.id]
    assert pipeline.plan(settings, batch.id, now=NOW).rows == 1


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


@pytest.mark.parametrize("name", ["my störe #1", "a+b", "it's", "100%"])
def test_a_store_may_be_called_anything(tmp_path, farm, name):
    settings = load(store=str(tmp_path / name), scratch=tmp_path / "scratch", workers=1)
    path = tmp_path / name / "inbox" / "m.parquet"
    write(path, "one")
    assert go(settings, write_csv(tmp_path)).ends == {End.PUBLISHED: 1}
    batch = pipeline.intake(settings, run_key="night", now=NOW)
    assert [file.url for file in batch.manifests] == [path.as_uri()]
    assert pipeline.plan(settings, batch.id, now=NOW).rows == 1
    found = catalog.query(open_store(settings.store), "select count(uri) as n from results").to_pylist()
    assert found == [{"n": 1}]


def test_what_an_inbox_cannot_take_is_refused_and_told(settings, tmp_path):
    write(tmp_path / "store" / "inbox" / "m.parquet", "one")
    for name in ("brief.yaml", "m.csv", "_SUCCESS", ".hidden"):
        (tmp_path / "store" / "inbox" / name).write_text("x")
    batch = pipeline.intake(settings, run_key="night", now=NOW)
    assert len(batch.manifests) == 1
    assert [one.file.url.rpartition("/")[2] for one in batch.refused] == ["brief.yaml", "m.csv"]
    assert all("nightreel expand" in one.reason for one in batch.refused)
    again = pipeline.intake(settings, run_key="next night", now=NOW)
    assert (again.manifests, again.refused) == ((), ())


def test_a_manifest_outside_the_roots_is_refused(settings, tmp_path):
    confined = settings.model_copy(update={"manifest_roots": (str(tmp_path / "allowed"),)})
    with pytest.raises(errors.ManifestError, match="manifest_roots"):
        pipeline.intake(confined, manifest=write(tmp_path / "m.parquet", "one"), run_key="k", now=NOW)


def test_every_clip_of_a_batch_verifies(settings, farm, tmp_path):
    go(settings, write(tmp_path / "m.parquet", "one"))
    store = open_store(settings.store)
    (found,) = catalog.query(store, "select fingerprint from clips").to_pylist()
    record = clips.find(store, found["fingerprint"])
    assert record is not None
    assert clips.verify(store, record) == []
