"""Upkeep's operators: what they may not do they say, and fail for, when all else is done."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from render import errors
from render.model import Tombstone
from render.orchestration.upkeep import SweepOrphansOperator
from render.store import layout, tombstones
from render.store.directory import DirectoryStore
from render.store.objects import open_store

CLIP = "01" * 32


def test_a_withdrawn_clip_whose_versions_another_role_removes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep fails for good, so that somebody triggers the takedown again; what it may remove it removes."""
    store = open_store(str(tmp_path))
    path = layout.clip_object(CLIP, "attempt", "clip")
    store.put(path, b"left")
    said = Tombstone(fingerprint=CLIP, withdrawn_at="2026-11-29T12:00:00+00:00", withdrawn_by="ada", reason="why")
    tombstones.put(store, [said])
    context = {"params": {"store": str(tmp_path)}, "ti": SimpleNamespace()}
    operator = SweepOrphansOperator(task_id="sweep")
    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "purge", lambda *_: (_ for _ in ()).throw(errors.StoreError("Forbidden.")))
        with pytest.raises(AirflowFailException, match="1 withdrawn clips"):
            operator.execute(context)
    assert store.exists(path)
    operator.execute(context)
    assert store.list() == [layout.tombstone(CLIP)]
