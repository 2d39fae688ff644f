"""The DAG that takes clips down: what comes of its runs, and what upkeep makes up for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OPERATE = Path(__file__).parents[2] / "docs/operate.md"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


@pytest.mark.slow
def test_clips_are_taken_down_on_request(airflow: Callable[..., Any], tmp_path: Path) -> None:
    """By URI or fingerprint, by whom the run says or who triggered it; again changes nothing, a stranger fails at once.

    One that may not remove the objects is red, and has told what it changed in the catalog. XCom holds nothing of it:
    counts are in the event that the DAGs get which are scheduled on the catalog. They get one of the morning's upkeep,
    too, on a day on which it withdraws rows; it remembers them no longer then.
    """
    told = airflow("run_takedown.py", str(tmp_path))
    runs = told["runs"]
    assert {name: run["tasks"] for name, run in runs.items() if run["state"] != "success"} == {
        "kept": {"withdraw": "failed", "tell": "success"},
        "unknown": {"withdraw": "failed", "tell": "skipped"},
    }
    assert [run["xcoms"] for run in runs.values()] == [[]] * 6
    event = {"nightreel_catalog": {"clips": 1, "withdrawn": 2, "batches": 1}}
    assert {name: run["told"] for name, run in runs.items()} == {
        "kept": event,
        "first": event,
        "again": event,
        "unknown": None,
        "tidied": {"nightreel_catalog": {"withdrawn": 1}},
        "nothing to tidy": None,
    }
    assert (told["left"], told["kept"]) == ([], [])
    assert [row["end"] for row in told["rows"]] == ["withdrawn"] * 3
    assert {row["reason"].partition(" by ")[2] for row in told["rows"][::2]} == {"dag_test: consent revoked"}


@pytest.mark.slow
def test_who_may_render_need_not_be_able_to_take_down(airflow: Callable[..., Any]) -> None:
    """By the page's commands, in Airflow with the users that both ways to run it have; its role User may all."""
    (section,) = re.findall(r"^## Taking clips down\n((?:(?!## ).*\n)*)", OPERATE.read_text(), re.MULTILINE)
    commands = re.findall(r"^(airflow (?:roles|users|sync-perm) .+)$", section, re.MULTILINE)
    assert len(commands) > 3
    rights = airflow("ask_rights.py", *commands, AIRFLOW__CORE__AUTH_MANAGER=FAB)
    everything = ["catalog_upkeep", "nightly_render", "render_on_arrival", "takedown"]
    assert {tuple(dags) for dags in rights["bob"].values()} == {tuple(everything)}
    assert rights["ada"].pop("GET RUN") == everything
    assert {tuple(dags) for dags in rights["ada"].values()} == {("nightly_render", "render_on_arrival")}
