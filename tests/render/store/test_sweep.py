"""What no record names is found when it is old enough; what a record names is never touched."""

import os
from collections import Counter
from pathlib import Path

import pytest
import store_makers as makers

from render.store import batches, clips, intakes, layout, sweep
from render.store.objects import ObjectStore, open_store

DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


def attempt_at(store: ObjectStore, number: int) -> str:
    """An attempt at a clip whose worker did not live to commit it; gives its folder."""
    attempt = clips.new_attempt(makers.BATCH)
    for role in layout.ROLES:
        store.put(layout.clip_object(makers.fingerprint(number), attempt, role), b"1234")
    return f"{layout.clip(makers.fingerprint(number))}/{attempt}"


def committed(store: ObjectStore, number: int, folder: Path) -> str:
    """A clip; gives its attempt's folder."""
    film = folder / "clip.mp4"
    film.write_bytes(b"the clip")
    like = makers.record(number)
    fields = {name: getattr(like, name) for name in like.__dataclass_fields__}
    for name in ("version", "attempt", "objects"):
        del fields[name]
    record = clips.commit(store, files={"clip": film}, **fields)
    return f"{layout.clip(makers.fingerprint(number))}/{record.attempt}"


def aged(store: ObjectStore, hours: float = 25.0) -> None:
    """Make everything in the store older."""
    for entry in list(store.entries()):
        then = entry.modified - hours * 3600
        os.utime(Path(store.url) / entry.path, (then, then))


def test_what_a_record_names_is_no_orphan(store: ObjectStore, tmp_path: Path) -> None:
    for number in (1, 2):
        committed(store, number, tmp_path)
    batches.create(store, makers.batch())
    batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0)))
    store.put("notes/of-a-person.txt", b"mine")
    aged(store)
    assert list(sweep.find(store, older_than_s=DAY)) == []


def test_what_is_not_of_the_layout_is_left_alone(store: ObjectStore) -> None:
    batches.create(store, makers.batch())
    strangers = [
        "batches/my notes/a.txt",
        f"batches/{'x' * 161}/a.txt",
        f"{layout.batch(makers.BATCH)}/plan/sub/x.parquet",
        "clips/ab/notes/copy-0123456789abcdef/x",
        "clips/ab/readme.txt",
    ]
    for path in strangers:
        store.put(path, b"mine")
    store.put(layout.clip_record(makers.fingerprint(1)), b"{")  # damaged: whoever reads it is told
    attempt_at(store, 1)
    attempt_at(store, 1)
    aged(store)
    assert list(sweep.find(store, older_than_s=DAY)) == []


def test_a_grace_that_a_commit_could_outlast_is_refused(store: ObjectStore) -> None:
    assert 2 * clips.SLOW_S <= sweep.LEAST_S
    with pytest.raises(ValueError, match="shorter than"):
        list(sweep.find(store, older_than_s=60))


def test_the_grace_is_counted_by_the_storages_clock(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt_at(store, 1)
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert list(sweep.find(store, older_than_s=DAY)) == []


def test_each_kind_of_orphan_is_found_when_it_is_old_enough(store: ObjectStore, tmp_path: Path) -> None:
    kept = committed(store, 1, tmp_path)
    beside, alone = attempt_at(store, 1), attempt_at(store, 2)
    batches.create(store, makers.batch())
    plan = batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0)))
    loose = [layout.plan(makers.BATCH, "dead"), layout.quarantine(makers.BATCH, "dead")]
    for path in loose:
        store.put(path, b"PAR1")
    store.put("batches/gone/report/index.html", b"page")
    store.put(f"{layout.PROBES}/left", b"racer")
    assert list(sweep.find(store, older_than_s=DAY)) == []
    aged(store)
    young = attempt_at(store, 3)

    orphans = list(sweep.find(store, older_than_s=DAY))
    found = {orphan.path for orphan in orphans}
    assert found == {beside, alone, *loose, "batches/gone", f"{layout.PROBES}/left"}
    assert Counter(orphan.kind for orphan in orphans) == {
        sweep.Kind.CLIP: 2,
        sweep.Kind.PLAN: 2,
        sweep.Kind.BATCH: 1,
        sweep.Kind.PROBE: 1,
    }
    assert next(orphan.bytes for orphan in orphans if orphan.path == alone) == 4 * len(layout.ROLES)

    assert all(sweep.remove(store, orphan) for orphan in orphans)
    left = store.list()
    assert not [path for path in left if any(path.startswith(gone) for gone in found)]
    assert {path.rpartition("/")[0] for path in left if path.startswith("clips/")} >= {kept, young}
    assert layout.plan(makers.BATCH, plan.attempt) in left


def test_plans_of_a_batch_that_was_never_planned_are_orphans(store: ObjectStore) -> None:
    batches.create(store, makers.batch())
    store.put(layout.plan(makers.BATCH, "dead"), b"PAR1")
    aged(store)
    assert [orphan.path for orphan in sweep.find(store, older_than_s=DAY)] == [layout.plan(makers.BATCH, "dead")]


def test_what_is_named_meanwhile_stays(store: ObjectStore, tmp_path: Path) -> None:
    kept = committed(store, 1, tmp_path)
    record = store.get(layout.clip_record(makers.fingerprint(1)))
    store.delete(layout.clip_record(makers.fingerprint(1)))
    batches.create(store, makers.batch())
    batches.write_plan(store, makers.BATCH, makers.plan_table(makers.planned(0)))
    plan = store.get(layout.plan_record(makers.BATCH))
    store.delete(layout.plan_record(makers.BATCH))
    store.put(layout.report("late"), b"page")
    aged(store)
    orphans = list(sweep.find(store, older_than_s=DAY))
    assert len(orphans) == 4
    store.put(layout.clip_record(makers.fingerprint(1)), record)
    store.put(layout.plan_record(makers.BATCH), plan)
    batches.create(store, makers.batch(id="late"))

    assert not any(sweep.remove(store, orphan) for orphan in orphans)
    assert f"{kept}/clip.mp4" in store.list()


def test_of_the_checkpoints_of_the_intake_log_the_newest_stays(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intakes, "MANY", 1)
    for number in range(3):
        assert intakes.append(store, intakes.settle(store), makers.batch(id=f"b{number}", run_key=f"r{number}"))
    before = intakes.settle(store)
    aged(store)
    found = list(sweep.find(store, older_than_s=DAY))
    assert [(orphan.kind, orphan.path) for orphan in found] == [
        (sweep.Kind.CHECKPOINT, layout.intake_checkpoint(number, number)) for number in (1, 2)
    ]
    assert all(sweep.remove(store, orphan) for orphan in found)
    assert intakes.load(store) == before
