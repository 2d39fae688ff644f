"""A farm in this process, and settings for it."""

from pathlib import Path

import pytest
from in_process import InProcess

from render.farm import dispatch
from render.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch", workers=1, jobs_per_shard=3)


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    farm = InProcess()
    monkeypatch.setattr(dispatch, "run", farm.run)
    return farm
