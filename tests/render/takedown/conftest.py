"""A batch of two clips and a duplicate, of which clips are taken down."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from in_process import InProcess, go, write

from render.farm import dispatch
from render.settings import Settings, load
from render.status import Status
from render.store.objects import ObjectStore, open_store

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch", workers=1)


@pytest.fixture
def store(settings: Settings) -> ObjectStore:
    return open_store(settings.store)


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    farm = InProcess()
    monkeypatch.setattr(dispatch, "run", farm.run)
    return farm


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    """Two clips; the third row is the first one's duplicate."""
    return write(tmp_path / "m.parquet", "one", "two", "one")


@pytest.fixture
def first(settings: Settings, farm: InProcess, manifest: str) -> Status:
    """The first batch, which has rendered both clips."""
    return go(settings, manifest)
