"""By when a night is to be done."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from airflow.sdk.definitions.deadline import DagRunLogicalDateDeadline

from render.orchestration import deadlines


@pytest.mark.parametrize(("by", "hours"), [("07:00", 5), ("02:30", 0.5), ("02:00", 24), ("01:00", 23)])
def test_it_is_the_next_such_hour_after_the_night_begins(
    monkeypatch: pytest.MonkeyPatch, by: str, hours: float
) -> None:
    monkeypatch.setenv("NIGHTREEL_NIGHTLY_BY", by)
    alert = deadlines.of_night(time(2))
    assert alert is not None
    assert alert.interval == timedelta(hours=hours)
    assert isinstance(alert.reference, DagRunLogicalDateDeadline)
    assert alert.callback.path == "render.orchestration.notices.RunLate"


def test_unless_it_is_set_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTREEL_NIGHTLY_BY", raising=False)
    assert deadlines.of_night(time(2)) is None


def test_settings_that_do_not_fit_are_told_and_leave_the_dag_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a DAG that does not parse Airflow schedules nothing more, not even what ends a night that is at work."""
    monkeypatch.setenv("NIGHTREEL_NIGHTLY_BY", "seven")
    assert deadlines.of_night(time(2)) is None
    assert "nightly_by = 'seven' (set by NIGHTREEL_NIGHTLY_BY)" in caplog.text
