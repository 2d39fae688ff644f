"""What a run takes in, once: manifests, briefs, what lies in an inbox; and what it refuses, leaving nothing."""

import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from in_process import NOW, go, raising, write, write_csv

from render import errors, pipeline
from render.manifest import sources
from render.model import End
from render.settings import load
from render.store import batches, catalog
from render.store.objects import open_store


def test_the_same_run_key_takes_the_same_batch_even_if_more_has_arrived(settings, farm, tmp_path):
    write(tmp_path / "store/inbox/a.parquet", "one")
    first = pipeline.intake(settings, run_key="2026-11-22T02:00:00Z", now=NOW)
    write(tmp_path / "store/inbox/b.parquet", "two")
    assert pipeline.intake(settings, run_key="2026-11-22T02:00:00Z", now=NOW) == first
    assert len(first.manifests) == 1


def test_the_inbox_gives_each_manifest_to_one_batch_and_changed_content_again(settings, tmp_path):
    write(tmp_path / "store/inbox/a.parquet", "one")
    pipeline.intake(settings, run_key="day 1", now=NOW)
    assert pipeline.intake(settings, run_key="day 2", now=NOW) is None
    write(tmp_path / "store/inbox/a.parquet", "one, but otherwise")
    assert len(pipeline.intake(settings, run_key="day 3", now=NOW).manifests) == 1


def test_a_run_whose_batch_was_deleted_says_what_to_do(settings, tmp_path):
    """Its manifests stay taken: under another name a later run takes them."""
    write(tmp_path / "store/inbox/a.parquet", "one")
    batch = pipeline.intake(settings, run_key="day 1", now=NOW)
    write(tmp_path / "store/inbox/b.parquet", "two")
    pipeline.intake(settings, run_key="day 2", now=NOW)
    shutil.rmtree(tmp_path / "store/batches" / batch.id)
    with pytest.raises(errors.NotFound, match=r"'day 1' took batch .* was deleted.* another name") as told:
        pipeline.intake(settings, run_key="day 1", now=NOW)
    assert batch.id in str(told.value)
    (tmp_path / "store/inbox/a.parquet").rename(tmp_path / "store/inbox/a again.parquet")
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
    assert pipeline.intake(settings, run_key="day 2", now=NOW) is None


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
    again = pipeline.intake(settings, run_key="day 2", now=NOW)
    assert (again is not None) == (how == "changed")


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


def test_an_empty_inbox_makes_no_batch(settings, tmp_path):
    assert pipeline.intake(settings, run_key="day 1", now=NOW) is None
    assert not (tmp_path / "store").exists()


def test_run_keys_that_differ_in_what_an_id_leaves_out_have_batches_of_their_own(settings, tmp_path):
    taken = []
    for number, key in enumerate(("a run", "a+run", "a" * 150 + "1", "a" * 150 + "2")):
        write(tmp_path / f"store/inbox/{number}.parquet", "the same")
        taken.append(pipeline.intake(settings, run_key=key, now=NOW))
        assert pipeline.intake(settings, run_key=key, now=NOW) == taken[-1]
    assert len({batch.id for batch in taken}) == 4
    assert [Path(batch.manifests[0].url).name for batch in taken] == [f"{number}.parquet" for number in range(4)]


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


def test_the_manifest_of_several_files_is_their_folder(settings, farm, tmp_path):
    write(tmp_path / "m/a.parquet", "one")
    write(tmp_path / "m/b.parquet", "two")
    assert go(settings, str(tmp_path / "m")).manifest == (tmp_path / "m").as_uri()
    answer = catalog.query(open_store(settings.store), "select manifest from requests")
    assert answer["manifest"].to_pylist() == [(tmp_path / "m").as_uri()] * 2


def test_a_manifest_that_changed_after_the_intake_is_refused(settings, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one")
    batch = pipeline.intake(settings, manifest=manifest, run_key="run-1", now=NOW)
    write(tmp_path / "m.parquet", "another")
    with pytest.raises(errors.ManifestError, match="changed"):
        pipeline.plan(settings, batch.id, now=NOW)


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
    assert again is None


def test_a_manifest_outside_the_roots_is_refused(settings, tmp_path):
    confined = settings.model_copy(update={"manifest_roots": (str(tmp_path / "allowed"),)})
    with pytest.raises(errors.ManifestError, match="manifest_roots"):
        pipeline.intake(confined, manifest=write(tmp_path / "m.parquet", "one"), run_key="k", now=NOW)
