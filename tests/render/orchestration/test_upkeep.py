"""Upkeep's operators: what they may not do they say, and fail for, when all else is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from render import errors
from render.model import Tombstone
from render.orchestration import retries
from render.orchestration.upkeep import SweepOrphansOperator
from render.store import layout, tombstones
from render.store.directory import DirectoryStore
from render.store.objects import ObjectStore, open_store

CLIP = "01" * 32
LEFT = layout.clip_object(CLIP, "attempt", "clip")


@pytest.fixture
def left(tmp_path: Path) -> ObjectStore:
    """A store with an object of a clip that was taken down."""
    store = open_store(str(tmp_path))
    store.put(LEFT, b"left")
    said = Tombstone(fingerprint=CLIP, withdrawn_at="2026-11-29T12:00:00+00:00", withdrawn_by="ada", reason="why")
    tombstones.put(store, [said])
    return store


def sweep(store: ObjectStore) -> None:
    SweepOrphansOperator(task_id="sweep").execute({"params": {"store": store.url}, "ti": SimpleNamespace()})


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


def test_storage_that_is_overloaded_meanwhile_fails_a_try_only(
    left: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing about rights: the task is tried again as for any other trouble with the storage."""
    monkeypatch.setattr(DirectoryStore, "purge", failing(OSError("SlowDown")))
    with pytest.raises(errors.StoreError) as failure:
        sweep(left)
    assert not retries.stays(failure.value)
