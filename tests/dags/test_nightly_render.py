"""The DAG as Airflow sees it: it parses fast and light, and its shape is what the design says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEAVY = {
    "av",
    "dask",
    "deltalake",
    "distributed",
    "duckdb",
    "great_expectations",
    "mujoco",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "torch",
    "warp",
}


@pytest.fixture(scope="module")
def parsed(airflow: Callable[..., Any]) -> dict[str, Any]:
    return airflow("parse_dags.py")


def test_it_parses_without_errors(parsed: dict[str, Any]) -> None:
    assert parsed["import_errors"] == {}
    assert parsed["dags"] == ["nightly_render", "takedown"]


def test_it_parses_within_a_second_of_cpu(parsed: dict[str, Any]) -> None:
    assert parsed["parse_cpu_seconds"] < 1


def test_parsing_imports_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert {name.partition(".")[0] for name in parsed["modules"]} & HEAVY == set()
    assert "render.pipeline" not in parsed["modules"]


def test_the_way_of_the_data(parsed: dict[str, Any]) -> None:
    upstream = {name: set(task["upstream"]) for name, task in parsed["tasks"].items()}
    assert upstream == {
        "intake": set(),
        "plan": {"intake"},
        "open_farm": {"plan"},
        "render_shard": {"intake", "open_farm", "plan"},
        "close_farm": {"open_farm", "render_shard"},
        "publish": {"intake", "render_shard"},
        "report": {"intake", "publish"},
        "verdict": {"intake", "report"},
    }


def test_only_shards_are_mapped(parsed: dict[str, Any]) -> None:
    assert [name for name, task in parsed["tasks"].items() if task["mapped"]] == ["render_shard"]


def test_the_farm_is_set_up_and_torn_down(parsed: dict[str, Any]) -> None:
    assert [name for name, task in parsed["tasks"].items() if task["setup"]] == ["open_farm"]
    assert [name for name, task in parsed["tasks"].items() if task["teardown"]] == ["close_farm"]


def test_publish_report_and_verdict_run_whatever_happened(parsed: dict[str, Any]) -> None:
    always = {name for name, task in parsed["tasks"].items() if task["trigger_rule"] == "all_done"}
    assert always == {"publish", "report", "verdict"}


def test_tasks_are_tried_again_but_the_verdict_stands(parsed: dict[str, Any]) -> None:
    retries = {name: task["retries"] for name, task in parsed["tasks"].items()}
    assert retries.pop("verdict") == 0
    assert set(retries.values()) == {2}


def test_one_run_at_a_time_and_no_catching_up(parsed: dict[str, Any]) -> None:
    assert parsed["schedule"] == "0 2 * * *"
    assert parsed["catchup"] is False
    assert parsed["max_active_runs"] == 1


def test_every_parameter_may_be_left_out(parsed: dict[str, Any]) -> None:
    names = {"inbox", "jobs_per_shard", "logical_date", "manifest", "scheduler", "store", "workers"}
    assert parsed["params"] == dict.fromkeys(names)
