"""What is measured, as a collector gets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import InProcess, go, write
from otlp import Collector

from render import errors
from render.farm import dispatch
from render.settings import load
from render.store.objects import open_store
from render.telemetry import export, instruments
from render.telemetry.instruments import CATALOGUE


def test_no_two_instruments_have_a_name_and_all_are_of_our_own() -> None:
    names = [one.name for one in CATALOGUE]
    assert len(set(names)) == len(names) >= 11
    assert all(name.startswith("nightreel.") and name == name.lower() for name in names)


def test_ends_of_rows_and_jobs_are_counted(tmp_path: Path, taken: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of which one clip fails, and a second batch which reuses what the first one made."""
    farm = InProcess()
    farm.failing = {"broken"}
    monkeypatch.setattr(dispatch, "run", farm.run)
    settings = load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch", cache=tmp_path / "cache")
    go(settings, write(tmp_path / "one.parquet", "good", "broken", ""))
    farm.failing = set()
    go(settings, write(tmp_path / "two.parquet", "good", "other", variant="x"), key="run-2")
    assert export.flush(10)
    ends = {end: taken.total("nightreel.clips", end=end) for end in ("published", "reused", "rejected", "failed")}
    assert ends == {"published": 2, "reused": 1, "rejected": 1, "failed": 1}
    assert taken.total("nightreel.jobs", state="made", engine="testcard") == 2
    assert taken.total("nightreel.jobs", state="failed", engine="testcard") == 1
    assert taken.total("nightreel.batches") == 2
    assert taken.total("nightreel.frames", engine="testcard") == 8
    assert taken.total("nightreel.queue.depth") == 0
    assert taken.total("nightreel.stage.duration", stage="encode", engine="testcard") == 2


def test_errors_of_the_store_are_counted_and_missing_objects_are_none(tmp_path: Path, taken: Collector) -> None:
    store = open_store(str(tmp_path / "store"))
    store.put("a", b"")
    with pytest.raises(errors.NotFound):
        store.get("missing")
    with pytest.raises(errors.StoreError):
        store.put("a/b", b"")  # below a file
    export.flush(10)
    assert taken.total("nightreel.storage.errors") == 1
    assert taken.total("nightreel.storage.errors", operation="write", error_type="NotADirectoryError") == 1


def test_a_level_is_the_sum_of_its_shares_and_goes_back(taken: Collector) -> None:
    with instruments.QUEUE_DEPTH.share() as mine, instruments.QUEUE_DEPTH.share() as other:
        mine(5)
        other(3)
        mine(4)
        export.flush(10)
        assert taken.total("nightreel.queue.depth") == 7
    export.flush(10)
    assert taken.total("nightreel.queue.depth") == 0


def test_each_instrument_sends_what_the_catalogue_says(taken: Collector) -> None:
    """Name, unit and attributes, of every kind of instrument."""
    for one in CATALOGUE:
        attributes = {name.replace(".", "_"): "x" for name in one.attributes}
        match one.kind:
            case "counter":
                one.add(1, **attributes)
            case "up_down_counter":
                one.share().__enter__()(1)
            case "histogram":
                one.record(1, **attributes)
            case "observable_gauge":
                one.observe(lambda: 1.0)
    export.flush(10)
    assert {
        name: (point.unit, tuple(sorted(point.attributes)))
        for name, points in taken.points.items()
        for point in points.values()
    } == {one.name: (one.unit, tuple(sorted(one.attributes))) for one in CATALOGUE}
