"""A takedown beside workers, publishers and whoever writes pages, bundles and exports: one of them sees the other."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from in_process import InProcess, go
from withdrawals import EVERYTHING, LATER, SENTENCE, withdraw

from render import errors, pipeline, takedown
from render.cli import main
from render.experiments import bundle, copying, export, gather, report
from render.model import End, StoredObject
from render.settings import Settings
from render.status import Status
from render.store import batches, catalog, clips, layout, receipts
from render.store.objects import ObjectStore


def test_a_worker_that_commits_after_the_tombstone_sees_it(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch
):
    """The tombstone comes between the worker's upload and its record: the row is withdrawn, nothing stays."""
    upload = clips._upload
    done: list[takedown.Withdrawal] = []

    def then_withdraw(there: ObjectStore, path: str, local: Path) -> Any:
        stored = upload(there, path, local)
        if not done:
            done.append(withdraw(store, path.split("/")[2]))
        return stored

    monkeypatch.setattr(clips, "_upload", then_withdraw)
    status = go(settings, manifest)
    gone = done[0].tombstones[0].fingerprint
    assert {end: count for end, count in status.ends.items() if count} == {End.WITHDRAWN: 2, End.PUBLISHED: 1}
    assert store.list(layout.clip(gone)) == []
    assert [row["end"] for row in catalog.query(store, EVERYTHING).to_pylist()] == [
        *("withdrawn", "published", "withdrawn")
    ]


def test_a_worker_that_commits_before_the_tombstone_is_seen(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch
):
    """The worker looks, sees no tombstone, and says that the clip is made; it is taken down before the row ends."""
    commit = clips.commit
    done: list[takedown.Withdrawal] = []

    def then_withdraw(there: ObjectStore, **of_clip: Any) -> Any:
        record = commit(there, **of_clip)
        if not done:
            done.append(withdraw(store, record.job.fingerprint))
        return record

    monkeypatch.setattr(clips, "commit", then_withdraw)
    status = go(settings, manifest)
    assert {end: count for end, count in status.ends.items() if count} == {End.WITHDRAWN: 2, End.PUBLISHED: 1}
    assert store.list(layout.clip(done[0].tombstones[0].fingerprint)) == []
    assert [row["end"] for row in catalog.query(store, EVERYTHING).to_pylist()] == [
        *("withdrawn", "published", "withdrawn")
    ]


@pytest.mark.parametrize("table", ["clips", "requests"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_publisher_and_a_takedown_at_once(
    table: str, when: str, settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch
):
    """The takedown goes all its way before or after the publisher's commit to a table: no row shows the clip then."""
    name = f"publish_{table}"
    publish = getattr(catalog, name)
    done: list[str] = []

    def meanwhile() -> None:
        if not done:
            (path,) = [path for path in store.list(layout.CLIPS) if path.endswith("clip.json")][:1]
            done.append(path.split("/")[2])
            withdraw(store, done[0])

    def both(*arguments: Any) -> None:
        if when == "before":
            meanwhile()
        publish(*arguments)
        if when == "after":
            meanwhile()

    monkeypatch.setattr(catalog, name, both)
    status = go(settings, manifest)
    told = catalog.query(store, EVERYTHING).to_pylist()
    assert sorted(row["end"] for row in told) == sorted(clip.end for clip in status.clips)
    assert {(row["end"], row["uri"]) for row in told if row["fingerprint"] == done[0]} == {("withdrawn", None)}
    assert all(row["uri"] for row in told if row["fingerprint"] != done[0])
    assert f"{done[0]}/" not in store.get(layout.report(status.batch)).decode()


def test_a_page_that_was_being_made_is_made_again(settings: Settings, store: ObjectStore, first: Status, monkeypatch):
    """The clip is taken down after the page was gathered and before it is put."""
    of_batch, gone = gather.of_batch, first.clips[0].fingerprint
    calls: list[str] = []

    def then_withdraw(there: ObjectStore, batch: str) -> Any:
        view = of_batch(there, batch)
        calls.append(batch)
        if len(calls) == 1:
            withdraw(store, gone)
        return view

    monkeypatch.setattr(gather, "of_batch", then_withdraw)
    pipeline.report(settings, first.batch, now=LATER)
    assert f"{gone}/" not in store.get(layout.report(first.batch)).decode()


@pytest.mark.parametrize("whose", ["the step's", "the command's", "a takedown's"])
def test_whoever_writes_a_page_looks_again_for_clips_taken_down_within_its_making(
    whose: str, settings: Settings, store: ObjectStore, first: Status, monkeypatch: pytest.MonkeyPatch
):
    """The tombstone comes between the page's look at receipts and that at records: no record, an end that says served.

    Whoever put it wrote its own page before this one was put.
    """
    gone, other = (clip.fingerprint for clip in first.clips[:2])
    find_many, calls = clips.find_many, []

    def then_withdraw(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            withdraw(store, gone)
        return find_many(*arguments)

    monkeypatch.setattr(clips, "find_many", then_withdraw)
    match whose:
        case "the step's":
            pipeline.report(settings, first.batch, now=LATER)
        case "the command's":
            assert main(["report", first.batch, "--store", settings.store]) == 0
        case _:
            withdraw(store, other)
    page = store.get(layout.report(first.batch)).decode()
    assert f"{gone}/" not in page
    assert SENTENCE in page
    ends = json.loads(store.get(layout.report(first.batch).replace("index.html", "report.json")))["ends"]
    assert ends["withdrawn"] == (3 if whose == "a takedown's" else 2)


@pytest.mark.parametrize("whose", ["the run's", "the command's", "a takedown's"])
def test_a_page_whose_writer_died_before_its_look_is_written_by_the_same_command(
    whose: str, settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """It had gathered what it shows before the clip was taken down, and puts it when that is done, pages and all."""
    put = report.write
    if whose != "the run's":
        go(settings, manifest)

    def give() -> None:
        match whose:
            case "the run's":
                go(settings, manifest)
            case "the command's":
                main(["report", batches.list_ids(store)[0], "--store", settings.store])
            case _:
                withdraw(store, takedown.of_batch(store, batches.list_ids(store)[0])[0])

    def late(there: ObjectStore, view: Any, **more: Any) -> str:
        monkeypatch.setattr(report, "write", put)
        gone.append(takedown.of_batch(store, batches.list_ids(store)[0])[1])
        withdraw(store, *gone)
        put(there, view, **more)
        raise KeyboardInterrupt

    gone: list[str] = []
    monkeypatch.setattr(report, "write", late)
    with suppress(KeyboardInterrupt):
        give()
    page = layout.report(batches.list_ids(store)[0])
    assert f"{gone[0]}/" in store.get(page).decode()
    give()
    assert f"{gone[0]}/" not in store.get(page).decode()


@pytest.fixture(params=["before", "after"])
def meanwhile(request: pytest.FixtureRequest, store: ObjectStore, first: Status, monkeypatch: pytest.MonkeyPatch):
    """Lets a function that copies an object of a clip be the moment, before or after it, at which the clip goes."""
    gone = first.clips[0].fingerprint
    done: list[str] = []

    def at(module: Any, name: str) -> str:
        copy = getattr(module, name)

        def copied(there: ObjectStore, stored: StoredObject, *rest: Any) -> Any:
            def go_now() -> None:
                if not done and gone in stored.path:
                    done.append(gone)
                    withdraw(store, gone)

            if request.param == "before":
                go_now()
            written = copy(there, stored, *rest)
            if request.param == "after":
                go_now()
            return written

        monkeypatch.setattr(module, name, copied)
        return gone

    return at


def test_a_bundle_that_was_being_packed_is_packed_again(
    settings: Settings, store: ObjectStore, first: Status, meanwhile: Callable[..., str], tmp_path: Path
):
    """A clip is taken down before or after it is packed: the bundle that appears is without it."""
    gone, out = meanwhile(bundle, "_stream"), tmp_path / "out.zip"
    assert main(["report", first.batch, "--bundle", str(out), "--store", settings.store]) == 0
    with zipfile.ZipFile(out) as archive:
        assert not [name for name in archive.namelist() if gone in name]
        assert [name for name in archive.namelist() if first.clips[1].fingerprint in name]
        assert SENTENCE in archive.read("index.html").decode()
        assert SENTENCE in archive.read("rows.csv").decode()


def test_an_export_that_was_under_way_hands_no_withdrawn_clip_on(
    settings: Settings, store: ObjectStore, first: Status, meanwhile: Callable[..., str], tmp_path: Path
):
    """Its file goes again, the sheet says why, and what else was copied is counted as such."""
    meanwhile(copying, "fetch")
    done = export.write(store, "e", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").rglob("*.mp4")] == ["1-two.mp4"]
    assert (done.written, done.unchanged, dict(done.left_out)) == (1, 0, {"withdrawn": 2})
    assert SENTENCE in done.csv.read_text("utf-8-sig")
    assert (again := export.write(store, "e", tmp_path / "out")).unchanged == 1
    assert again.written == 0


def test_upkeep_tells_the_catalog_what_a_dead_publisher_did_not(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """It died between its rows and its look for tombstones, and the takedown had gone all its way before these."""
    publish_clips, publish_requests = catalog.publish_clips, catalog.publish_requests

    def late(*arguments: Any) -> None:
        withdraw(store, clips.find_many(store, takedown.of_batch(store, batches.list_ids(store)[0])).popitem()[0])
        publish_clips(*arguments)

    def last(*arguments: Any) -> None:
        publish_requests(*arguments)
        raise errors.BatchStopped("Killed.")

    def shown() -> int:
        return catalog.query(store, "select count(uri) as n from results").to_pylist()[0]["n"]

    def untold(*, do: bool) -> list[int]:
        return [one.untold for one in catalog.tidy(store, older_than_h=1, do=do)]

    with monkeypatch.context() as patch:
        patch.setattr(catalog, "publish_clips", late)
        patch.setattr(catalog, "publish_requests", last)
        with pytest.raises(errors.BatchStopped):
            go(settings, manifest)
    assert shown() == 3
    left = 3 - receipts.read(store, batches.list_ids(store)[0])["end"].to_pylist().count("withdrawn")
    assert left in {1, 2}
    assert untold(do=False) == untold(do=True) == [0, 1, 3 - left]
    assert shown() == left
    assert untold(do=False) == [0, 0, 0]
