"""What an Airflow run tells the pipeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from render.orchestration import run


def context(*, logical_date: datetime | None = None, run_id: str = "asset__1", **params: Any) -> dict[str, Any]:
    return {
        "params": params,
        "dag_run": SimpleNamespace(logical_date=logical_date, run_id=run_id),
        "ti": SimpleNamespace(dag_id="nightly_render", run_id=run_id),
    }


def test_the_run_key_is_the_logical_date_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert run.run_key(context(logical_date=datetime(2026, 11, 22, 3, tzinfo=berlin))) == "2026-11-22T02:00:00Z"


def test_a_parameter_stands_in_for_the_logical_date() -> None:
    date = datetime(2026, 11, 22, tzinfo=UTC)
    assert run.run_key(context(logical_date=date, logical_date_given=None)) == "2026-11-22T00:00:00Z"
    both = context(logical_date=date) | {"params": {"logical_date": "2026-11-01T02:00:00+00:00"}}
    assert run.run_key(both) == "2026-11-01T02:00:00Z"


def test_a_run_without_a_logical_date_goes_by_its_id() -> None:
    assert run.run_key(context(run_id="asset_triggered__2026")) == "asset_triggered__2026"


def test_parameters_outrank_the_workers_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_STORE", "s3://ours")
    monkeypatch.setenv("NIGHTREEL_WORKERS", "7")
    given = run.settings_of(context(store="s3://theirs", workers=None))
    assert (given.store, given.workers) == ("s3://theirs", 7)
    assert run.settings_of(context(store="", workers=None)).store == "s3://ours"


def test_every_run_has_a_farm_home_of_its_own() -> None:
    first, again, second = (run.farm_home(context(run_id=name)) for name in ("one/../x", "one/../x", "two"))
    assert first == again != second
    assert ".." not in first.parts
