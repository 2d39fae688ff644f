"""Upkeep's operators: what they may not do they say, and fail for, when all else is done."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from in_process import InProcess, go, write

from render import errors
from render.farm import dispatch
from render.model import Tombstone
from render.orchestration import chain, retries
from render.orchestration.upkeep import SweepOrphansOperator, WithdrawLateOperator
from render.settings import Settings, load
from render.store import catalog, clips, layout, tombstones
from render.store.catalog import delta
from render.store.directory import DirectoryStore
from render.store.objects import ObjectStore, open_store

CLIP = "01" * 32
AT = "2026-11-29T12:00:00+00:00"
LEFT = layout.clip_object(CLIP, "attempt", "clip")


@pytest.fixture
def left(tmp_path: Path) -> ObjectStore:
    """A store with an object of a clip that was taken down."""
    store = open_store(str(tmp_path))
    store.put(LEFT, b"left")
    said = Tombstone(fingerprint=CLIP, withdrawn_at=AT, withdrawn_by="ada", reason="why")
    tombstones.put(store, [said])
    return store


def sweep(store: ObjectStore) -> None:
    SweepOrphansOperator(task_id="sweep").execute({"params": {"store": store.url}, "ti": SimpleNamespace()})


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(dispatch, "run", InProcess().run)
    return load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch", workers=1)


def withdraw_late(settings: Settings, kept: dict[str, Any], *, recorded: bool = True) -> dict[str, int] | None:
    """A try of the task, of whose run's tries so much is kept; gives what the DAGs are told that read the catalog.

    That is told when Airflow has ``recorded`` its success, and only then it is called back.
    """
    told: dict[Any, dict[str, int]] = {}
    context = {
        "params": {"store": settings.store},
        "ti": SimpleNamespace(),
        "task_state_store": SimpleNamespace(get=kept.get, set=kept.__setitem__, delete=lambda key: kept.pop(key, None)),
        "outlet_events": {chain.CATALOG_NOW_AND_THEN: SimpleNamespace(add=told.__setitem__)},
    }
    operator = WithdrawLateOperator(task_id="withdraw_late", outlets=[chain.CATALOG_NOW_AND_THEN])
    operator.execute(context)
    if not recorded:
        return None
    for callback in operator.on_success_callback:
        callback(context)
    return told.get(chain.CATALOG)


def failing(cause: OSError) -> Callable[..., int]:
    """A purge that fails as those of stores do."""

    def purge(*_: object) -> int:
        raise errors.StoreError("It cannot be written.") from cause

    return purge


def test_a_withdrawn_clip_whose_versions_another_role_removes_is_told(
    left: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep fails for good, so that somebody triggers the takedown again; what it may remove it removes."""
    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "purge", failing(PermissionError("Access Denied")))
        with pytest.raises(AirflowFailException, match=f"1 withdrawn clips .*: {CLIP[:12]}"):
            sweep(left)
    assert left.exists(LEFT)
    sweep(left)
    assert left.list() == [layout.tombstone(CLIP)]


@pytest.mark.parametrize("dies", [0, 1, 2])
def test_rows_that_are_withdrawn_late_are_told_whenever_a_try_dies(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, dies: int
) -> None:
    """After so many of the tables were changed, or before its success is recorded: the next try tells of all.

    A run that is cleared, and a day without any, tell nothing.
    """
    go(settings, write(settings.scratch.parent / "m.parquet", "one", "one"))
    store, kept = open_store(settings.store), {}
    [clip] = catalog.query(store, "select distinct fingerprint from results")["fingerprint"].to_pylist()
    tombstones.put(store, [Tombstone(fingerprint=clip, withdrawn_at=AT, withdrawn_by="ada", reason="why")])
    write_table, written = delta._write, []

    def dying(store: ObjectStore, name: str, *arguments: Any, **options: Any) -> None:
        if len(written) == dies:
            raise errors.StoreError("Busy.")
        write_table(store, name, *arguments, **options)
        written.append(name)
        if len(written) == dies == 2:
            raise errors.StoreError("Killed.")

    with monkeypatch.context() as patch:
        patch.setattr(delta, "_write", dying)
        with pytest.raises(errors.StoreError):
            withdraw_late(settings, kept)
    assert withdraw_late(settings, kept, recorded=False) is None
    assert withdraw_late(settings, kept) == {"withdrawn": 2}
    assert catalog.query(store, 'select distinct "end" from results')["end"].to_pylist() == ["withdrawn"]
    assert withdraw_late(settings, kept) is None, "a run that is cleared tells again what is told"
    assert withdraw_late(settings, {}) is None


def test_storage_that_is_overloaded_meanwhile_fails_a_try_only(
    left: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing about rights: the task is tried again as for any other trouble with the storage."""
    later = layout.clip_object("ff" * 32, clips.new_attempt("batch"), "clip")
    left.put(later, b"nobody names it")
    os.utime(Path(left.url.removeprefix("file://"), later), (1, 1))
    monkeypatch.setattr(DirectoryStore, "purge", failing(OSError("SlowDown")))
    with pytest.raises(errors.StoreError, match=r"could not be removed: 1\. .* It cannot be written") as failure:
        sweep(left)
    assert not retries.stays(failure.value)
    assert not left.exists(later), "what comes after the trouble is done all the same"
