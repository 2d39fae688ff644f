"""The DAGs as Airflow sees them: they parse fast and light, and their shapes are what the design says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
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
RENDERING = ("nightly_render", "render_on_arrival")
OPERATE = Path(__file__).parents[2] / "docs/operate.md"


@pytest.fixture(scope="module")
def parsed(airflow: Callable[..., Any]) -> dict[str, Any]:
    return airflow("parse_dags.py")


@pytest.fixture(scope="module", params=RENDERING)
def rendering(request: pytest.FixtureRequest, parsed: dict[str, Any]) -> dict[str, Any]:
    """A DAG that takes a batch from its manifests to its report."""
    return parsed["dags"][request.param]


def test_they_parse_without_errors(parsed: dict[str, Any]) -> None:
    assert parsed["import_errors"] == {}
    assert sorted(parsed["dags"]) == sorted([*RENDERING, "catalog_upkeep", "takedown"])


def test_they_parse_though_a_setting_does_not_fit(airflow: Callable[..., Any], parsed: dict[str, Any]) -> None:
    """Its tasks fail and say why; without the DAG a night that is at work would stop without a word."""
    broken = airflow("parse_dags.py", NIGHTREEL_LOG_LEVEL="INFO")
    assert (broken["import_errors"], broken["dags"]) == ({}, parsed["dags"])


def test_they_parse_within_a_second_of_cpu(parsed: dict[str, Any]) -> None:
    assert parsed["parse_cpu_seconds"] < 1


def test_parsing_imports_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert {name.partition(".")[0] for name in parsed["modules"]} & HEAVY == set()
    assert "render.pipeline" not in parsed["modules"]


def test_what_begins_paused_is_unpaused_by_the_commands_of_both_ways_to_run_it(parsed: dict[str, Any]) -> None:
    """On a cluster and on one server. Who asks for a takedown waits for nobody to unpause it."""
    paused = {name for name, dag in parsed["dags"].items() if dag["begins_paused"]}
    assert paused == parsed["dags"].keys() - {"takedown"}
    sections = re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", OPERATE.read_text(), re.MULTILINE)
    unpaused = {
        title: re.findall(r"dags unpause --yes --treat-dag-id-as-regex '(.+)'", text) for title, text in sections
    }
    for title in ("On a cluster", "On one server"):
        assert [{name for name in parsed["dags"] if re.search(one, name)} for one in unpaused[title]] == [paused], title


def test_the_way_of_the_data(rendering: dict[str, Any]) -> None:
    upstream = {name: set(task["upstream"]) for name, task in rendering["tasks"].items()}
    assert upstream == {
        "intake": set(),
        "plan": {"intake"},
        "open_farm": {"plan"},
        "render_shard": {"intake", "open_farm", "plan"},
        "close_farm": {"open_farm", "render_shard"},
        "publish": {"intake", "render_shard"},
        "report": {"intake", "publish"},
        "approval": {"intake", "report"},
        "review": {"approval", "intake"},
        "verdict": {"intake", "review"},
    }


def test_only_shards_are_mapped(rendering: dict[str, Any]) -> None:
    assert [name for name, task in rendering["tasks"].items() if task["mapped"]] == ["render_shard"]


def test_the_farm_is_set_up_and_torn_down(rendering: dict[str, Any]) -> None:
    assert [name for name, task in rendering["tasks"].items() if task["setup"]] == ["open_farm"]
    assert [name for name, task in rendering["tasks"].items() if task["teardown"]] == ["close_farm"]


def test_publish_report_and_verdict_run_whatever_happened(rendering: dict[str, Any]) -> None:
    always = {name for name, task in rendering["tasks"].items() if task["trigger_rule"] == "all_done"}
    assert always == {"publish", "report", "verdict"}


def test_tasks_are_tried_again_but_the_verdict_stands(rendering: dict[str, Any]) -> None:
    retries = {name: task["retries"] for name, task in rendering["tasks"].items()}
    assert retries.pop("verdict") == 0
    assert set(retries.values()) == {3}
    assert all(task["retry_policy"] for task in rendering["tasks"].values())


def test_what_holds_a_slot_ends_in_bounded_time(rendering: dict[str, Any]) -> None:
    """A shard and a question to people hold none while they wait, however long."""
    seconds = {name: task["timeout_seconds"] for name, task in rendering["tasks"].items()}
    assert [seconds.pop(name) for name in ("render_shard", "approval")] == [None, None]
    assert all(0 < bound <= 7200 for bound in seconds.values())


def test_no_pool_is_needed_and_batches_are_planned_one_at_a_time(rendering: dict[str, Any]) -> None:
    assert {task["pool"] for task in rendering["tasks"].values()} == {"default_pool"}
    assert {name: task["at_a_time"] for name, task in rendering["tasks"].items() if task["at_a_time"]} == {
        "plan": 1,
        "publish": 1,
    }


def test_the_night_gives_way_to_what_arrives(parsed: dict[str, Any]) -> None:
    """All tasks of a DAG weigh the same, however many come after one."""
    weights = {name: {tuple(task["weight"]) for task in parsed["dags"][name]["tasks"].values()} for name in RENDERING}
    [(rule, night)], [(_, arrival)] = (weights[name] for name in RENDERING)
    assert night < arrival
    assert "absolute" in rule.lower()


def test_every_parameter_may_be_left_out(parsed: dict[str, Any]) -> None:
    common = {"approval", "inbox", "jobs_per_shard", "scheduler", "store", "workers"}
    params = {name: parsed["dags"][name]["params"] for name in RENDERING}
    assert params["nightly_render"] == dict.fromkeys({*common, "logical_date", "manifest"})
    assert params["render_on_arrival"] == dict.fromkeys(common)


def test_one_night_at_a_time_and_no_catching_up(parsed: dict[str, Any]) -> None:
    nightly = parsed["dags"]["nightly_render"]
    assert (nightly["schedule"], nightly["catchup"], nightly["max_active_runs"]) == ("0 2 * * *", False, 1)


def test_an_arrival_waits_for_no_other_batch(parsed: dict[str, Any]) -> None:
    """It is scheduled by its asset alone, and a few such runs may be at work at once."""
    arrival = parsed["dags"]["render_on_arrival"]
    assert arrival["assets"] == ["nightreel_inbox"]
    assert arrival["max_active_runs"] > 1


def test_upkeep_is_daily_and_in_tasks_that_hardly_wait_for_each_other(parsed: dict[str, Any]) -> None:
    """What fails is tried again without the others. What compaction would do untold is done, and told, before it."""
    upkeep = parsed["dags"]["catalog_upkeep"]
    assert (upkeep["schedule"], upkeep["catchup"], upkeep["max_active_runs"]) == ("0 10 * * *", False, 1)
    assert upkeep["params"] == {"store": None}
    assert upkeep["tasks"].keys() == {"sweep_temporary", "sweep_orphans", "withdraw_late", "tidy_catalog"}
    waiting = {name: task["upstream"] for name, task in upkeep["tasks"].items() if task["upstream"]}
    assert waiting == {"tidy_catalog": ["withdraw_late"]}
    assert {task["retries"] for task in upkeep["tasks"].values()} == {3}


def test_a_takedown_tells_whatever_happened_and_is_red_all_the_same(parsed: dict[str, Any]) -> None:
    """Airflow tells nothing of a task that fails, and takes a run for green whose last task succeeds."""
    tasks = parsed["dags"]["takedown"]["tasks"]
    assert {name: task["upstream"] for name, task in tasks.items()} == {"withdraw": [], "tell": ["withdraw"]}
    assert [name for name, task in tasks.items() if task["teardown"]] == ["tell"]


def test_a_failed_task_says_to_clear_its_run_where_that_helps(parsed: dict[str, Any]) -> None:
    """Batches are gone on with so. A takedown is triggered anew, with what is mended; upkeep comes again tomorrow.

    But that may not remove withdrawn clips tomorrow either, and the task that may come upon some does not say so.
    """
    then = {name: {task: told["then"] for task, told in dag["tasks"].items()} for name, dag in parsed["dags"].items()}
    assert [{one for told in then[name].values() for one in told} for name in RENDERING] == [{None}, {None}]
    (takedown,) = {one for told in then["takedown"].values() for one in told}
    assert "trigger takedown again" in takedown
    upkeep = then["catalog_upkeep"]
    (orphans,) = upkeep.pop("sweep_orphans")
    (others,) = {one for told in upkeep.values() for one in told}
    assert others == "Tomorrow's run does what this one has left, if its cause is mended."
    assert orphans == f"{others} Withdrawn clips that are named here are for the DAG takedown alone."
