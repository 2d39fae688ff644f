"""A takedown that meets trouble: nothing unrelated keeps the film, and what was not done is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from in_process import NOW, InProcess, go, write
from withdrawals import EVERYTHING, SENTENCE, again, withdraw

from render import errors, pipeline, takedown
from render.experiments import gather, report
from render.settings import Settings
from render.status import Status
from render.store import catalog, layout, tombstones
from render.store.objects import ObjectStore


def test_whoever_may_not_remove_the_objects_still_withdraws_them_everywhere(
    settings: Settings, store: ObjectStore, first: Status, monkeypatch: pytest.MonkeyPatch
):
    """Each time it says what was not removed, after all else; one with the right completes it."""
    gone, other = (clip.fingerprint for clip in first.clips[:2])
    lying = store.list(layout.clip(gone))
    purge = type(store).purge

    def refuse(self: ObjectStore, prefix: str) -> int:
        if prefix == layout.clip(gone):
            raise errors.StoreError("Forbidden.")
        return purge(self, prefix)

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "purge", refuse)
        for _ in range(2):
            with pytest.raises(errors.StoreError, match=rf"Forbidden\..*1 of 2 clips.*{gone[:12]}"):
                withdraw(store, gone, other)
            assert {(row["end"], row["uri"]) for row in catalog.query(store, EVERYTHING).to_pylist()} == {
                ("withdrawn", None)
            }
            page = store.get(layout.report(first.batch)).decode()
            assert f"{gone}/" not in page
            assert SENTENCE in page
            assert store.list(layout.clip(gone)) == lying
            assert store.list(layout.clip(other)) == []
    assert withdraw(store, gone, other).removed == len(lying)
    assert store.list(layout.clip(gone)) == []


def _half_deleted(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    """Somebody deleted the batch, but for its page."""
    store.delete(layout.intake(first.batch))


def _other_record(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    """The record of another clip of the batch is corrupt."""
    store.put(layout.clip_record(first.clips[1].fingerprint), b"{")


def _planned(settings: Settings, store: ObjectStore, folder: Path) -> str:
    """The plan's file of a batch that was planned and never run."""
    batch = pipeline.intake(settings, manifest=write(folder / "n.parquet", "three"), run_key="other", now=NOW)
    return layout.plan(batch.id, pipeline.plan(settings, batch.id, now=NOW).attempt)


def _other_plan(settings: Settings, store: ObjectStore, first: Status, folder: Path) -> None:
    """An unrelated batch that is not published has lost its plan."""
    store.delete(_planned(settings, store, folder))


def _corrupt_plan(settings: Settings, store: ObjectStore, first: Status, folder: Path) -> None:
    """The plan of an unrelated batch is no Parquet."""
    store.put(_planned(settings, store, folder), b"PAR1")


def _broken_catalog(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    for table in ("clips", "requests"):
        for path in store.list(layout.table(table)):
            if path.endswith(".parquet"):
                store.put(path, b"x" * 100)


def _broken_log(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    for table in ("clips", "requests"):
        for path in store.list(layout.table(table)):
            if path.endswith(".json"):
                store.put(path, b"{")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (_half_deleted, ""),
        (_other_record, r"batches/.*/report/index\.html"),
        (_other_plan, r"plan/.*\.parquet"),
        (_corrupt_plan, r"ArrowInvalid: .*\. Give this again"),
        (_broken_catalog, "catalog"),
    ],
)
def test_nothing_unrelated_keeps_the_film(
    trouble: Callable[..., None], told: str, settings: Settings, store: ObjectStore, first: Status, tmp_path: Path
):
    """Whatever else cannot be read or written, the objects go; what was not done is said, in a word that may pass."""
    trouble(settings, store, first, tmp_path)
    gone = first.clips[0].fingerprint
    for _ in range(2):
        if told:
            with pytest.raises(errors.StoreError, match=told) as raised:
                withdraw(store, gone)
            assert raised.value.exit_code == 1
        else:
            withdraw(store, gone)
        assert store.list(layout.clip(gone)) == []
        assert tombstones.find(store, gone)


@pytest.mark.parametrize("trouble", [_other_plan, _corrupt_plan, _broken_log])
def test_nothing_unrelated_keeps_the_tombstone_from_a_clip_that_is_only_planned(
    trouble: Callable[..., None], settings: Settings, store: ObjectStore, first: Status, tmp_path: Path
):
    """Its own plan names it. Of a clip that nothing readable names what could not be read is told: it may be there."""
    batch = pipeline.intake(settings, manifest=write(tmp_path / "o.parquet", "four"), run_key="mine", now=NOW).id
    pipeline.plan(settings, batch, now=NOW)
    [planned] = takedown.of_batch(store, batch)
    trouble(settings, store, first, tmp_path)
    with pytest.raises(errors.StoreError, match=r"(?s)Whether there is a clip 0{64} .*Rows of .*Give this again"):
        withdraw(store, planned, "0" * 64)
    assert tombstones.find(store, planned) is None
    with pytest.raises(errors.StoreError, match="The clips are withdrawn, but"):
        withdraw(store, planned)
    assert tombstones.find(store, planned)


def test_a_process_that_dies_over_the_pages_has_removed_the_film(store: ObjectStore, first: Status, monkeypatch):
    """There may be many pages; each may take long, or more memory than there is."""

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(report, "write_current", die)
        patch.setattr(catalog, "withdraw", die)
        with pytest.raises(KeyboardInterrupt):
            withdraw(store, first.clips[0].fingerprint)
    assert store.list(layout.clip(first.clips[0].fingerprint)) == []


def test_every_trouble_is_told_and_none_keeps_the_rest(
    settings: Settings, store: ObjectStore, first: Status, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """One page of two cannot be written, and the catalog is busy: the other page is; given again it mends the rest."""
    second, gone = again(settings, manifest), first.clips[0].fingerprint
    put = type(store).put

    def barred(self: ObjectStore, path: str, data: bytes) -> None:
        if path == layout.report(first.batch):
            raise errors.StoreError("No space.")
        put(self, path, data)

    def busy(*_: Any) -> None:
        raise errors.StoreError("Busy.")

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "put", barred)
        patch.setattr(catalog, "withdraw", busy)
        with pytest.raises(errors.StoreError, match=rf"Busy\..*{first.batch}/report/index\.html.*No space\."):
            withdraw(store, gone)
    assert f"{gone}/" not in store.get(layout.report(second.batch)).decode()
    assert f"{gone}/" in store.get(layout.report(first.batch)).decode()
    done = withdraw(store, gone)
    assert (done.removed, done.rows) == (0, 4)
    assert f"{gone}/" not in store.get(layout.report(first.batch)).decode()
    assert catalog.query(store, "select count(*) as n from results where uri is not null").to_pylist() == [{"n": 2}]


def test_the_page_of_a_batch_that_is_gone_goes(store: ObjectStore, first: Status):
    """It cannot be made anew, and shows the clip."""
    store.delete(layout.intake(first.batch))
    assert withdraw(store, first.clips[0].fingerprint).reports == ()
    assert not [path for path in store.list(layout.batch(first.batch)) if "/report/" in path]


@pytest.mark.parametrize("whole", [True, False])
def test_the_page_of_an_experiment_forgets_a_clip_whose_batch_was_deleted(
    whole: bool, settings: Settings, store: ObjectStore, first: Status, tmp_path: Path
):
    """Of the batch nothing is left, or its page and plan; the experiment goes on in another one."""
    second = go(settings, write(tmp_path / "n.parquet", "three"), key="run-2", now=NOW + timedelta(hours=2))
    overall = Path(report.write(store, gather.of_experiment(store, "e"), now=NOW).removeprefix("file://"))
    gone = first.clips[0].fingerprint
    assert f"{gone}/" in overall.read_text()
    for path in store.list(layout.batch(first.batch)) if whole else [layout.intake(first.batch)]:
        store.delete(path)
    assert withdraw(store, gone).reports == (overall.as_uri(),)
    assert f"{gone}/" not in overall.read_text()
    assert f"{second.clips[0].fingerprint}/" in overall.read_text()


def test_the_page_of_an_experiment_of_which_no_batch_is_left_goes(store: ObjectStore, first: Status):
    overall = Path(report.write(store, gather.of_experiment(store, "e"), now=NOW).removeprefix("file://"))
    for path in store.list(layout.batch(first.batch)):
        store.delete(path)
    done = withdraw(store, first.clips[0].fingerprint)
    assert (done.reports, dict(done.batches), overall.parent.exists()) == ((), {}, False)


def test_all_tombstones_are_listed_few_times_however_many_clips_are_named(
    settings: Settings, store: ObjectStore, farm: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    status = go(settings, write(tmp_path / "m.parquet", *map(str, range(6))))
    listed: list[object] = []
    known = tombstones.known
    monkeypatch.setattr(tombstones, "known", lambda there: listed.append(there) or known(there))
    takedown.reach(store, [clip.fingerprint for clip in status.clips])
    assert len(listed) <= 2
