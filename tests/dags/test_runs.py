"""The DAG run for real, on Dask and the test card: what becomes of its tasks, its rows and the catalog."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from otlp import Collector, collector
from webhooks import Received, serving
from xcoms import strange

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    pq.write_table(cards(range(3)), folder / "three.parquet")
    pq.write_table(cards(range(10, 14)), folder / "four.parquet")
    pq.write_table(cards(range(20, 25)), folder / "five.parquet")
    return folder


@pytest.fixture(scope="module")
def webhook() -> Iterator[Received]:
    with serving() as received:
        yield received


@pytest.fixture(scope="module")
def taken() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture(scope="module")
def played(airflow: Callable[..., Any], folder: Path, webhook: Received, taken: Collector) -> dict[str, Any]:
    connection = {"conn_type": "http", "schema": "http", "host": "127.0.0.1", "port": webhook.port}
    told = {"AIRFLOW_CONN_NIGHTREEL_WEBHOOK": json.dumps(connection), "OTEL_EXPORTER_OTLP_ENDPOINT": taken.endpoint}
    return airflow("run_dag.py", str(folder), **told)


@pytest.fixture(scope="module")
def runs(played: dict[str, Any]) -> dict[str, Any]:
    return played["runs"]


def cards(seeds: range) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "experiment": "cards",
                "variant": f"seed {seed}",
                "prompt": "A test card",
                "engine": "testcard",
                "seconds": 1.0,
                "width": 64,
                "height": 64,
                "seed": seed,
            }
            for seed in seeds
        ]
    )


NOT_ASKED_FOR = {"approval": "skipped", "review": "skipped"}
"""No run here asks a person: test_approval.py does."""


def test_a_manifest_goes_the_whole_way(runs: dict[str, Any]) -> None:
    run = runs["three rows"]
    assert run["state"] == "success"
    assert run["tasks"] == dict.fromkeys(run["tasks"], "success") | NOT_ASKED_FOR
    assert {name for name in run["tasks"] if name.startswith("render_shard")} == {"render_shard[0]", "render_shard[1]"}
    assert [end for _, end, _ in run["clips"]] == ["published"] * 3
    assert all(Path(uri.removeprefix("file://")).exists() for _, _, uri in run["clips"])


def test_tasks_triggers_and_workers_make_one_trace_of_a_batch(runs: dict[str, Any], taken: Collector) -> None:
    """From the batch to the stages of its clips, as a run of the command line does, and no span hangs in the air."""
    run = runs["three rows"]
    own = [span for span in taken.spans if span.attributes.get("nightreel.batch") == run["batch"]]
    (batch,) = [span for span in own if span.name == "batch"]
    names = Counter(span.name for span in taken.spans if span.parent == batch.id)
    assert names["shard"] == 2
    assert {"plan", "publish", "report"} <= names.keys()
    shards = {span.id for span in own if span.name == "shard"}
    jobs = [span for span in own if span.name == "job"]
    assert len(jobs) == 3
    assert {job.parent for job in jobs} == shards
    assert {span.trace for span in own} == {batch.trace}
    ids = {span.id for span in taken.spans}
    assert [span.name for span in own if span.parent and span.parent not in ids] == []
    finished = [span.attributes for span in taken.spans if span.name == "batch"]
    published = sum(attributes.get("nightreel.rows.published", 0) for attributes in finished)
    assert taken.total("nightreel.clips", end="published") == published >= 3 + 4
    assert taken.total("nightreel.batches") == len(finished)


def test_the_same_logical_date_again_changes_nothing(runs: dict[str, Any]) -> None:
    first, again = runs["three rows"], runs["the same again"]
    assert again["state"] == "success"
    assert again["tasks"]["render_shard"] == "skipped"
    assert [again[name] for name in ("batch", "clips", "catalog")] == [
        first[name] for name in ("batch", "clips", "catalog")
    ]
    assert len(first["catalog"]) == 3


def test_what_arrives_goes_the_whole_way_without_a_logical_date(runs: dict[str, Any]) -> None:
    run = runs["arrived"]
    assert run["state"] == "success"
    assert run["tasks"] == dict.fromkeys(run["tasks"], "success") | NOT_ASKED_FOR
    assert run["ends"] == {"published": 5}
    assert "manual" in run["batch"], "the run's own id is the key"


@pytest.mark.parametrize("name", ["nothing arrived", "arrived, told again", "nothing new"])
def test_a_run_that_finds_nothing_is_green_and_leaves_no_batch(runs: dict[str, Any], name: str) -> None:
    run = runs[name]
    assert run["state"] == "success"
    assert {name for name, state in run["tasks"].items() if state != "skipped"} == {"verdict"}
    assert "batch" not in run


def test_a_failed_shard_fails_the_run_but_the_rest_is_published(runs: dict[str, Any]) -> None:
    run = runs["one shard broken"]
    assert run["state"] == "failed"
    assert [run["tasks"][f"render_shard[{shard}]"] for shard in (0, 1)] == ["success", "failed"]
    assert [run["tasks"][name] for name in ("publish", "report", "close_farm", "verdict")] == ["success"] * 3 + [
        "failed"
    ]
    assert run["waiting"] == 2
    assert run["ends"] == {"published": 2}


def test_the_failed_run_repeated_does_only_what_is_missing(runs: dict[str, Any]) -> None:
    before, run = runs["one shard broken"], runs["mended"]
    assert run["state"] == "success"
    assert run["batch"] == before["batch"]
    assert run["ends"] == {"published": 4}
    assert {name for name in run["tasks"] if name.startswith("render_shard")} == {"render_shard[0]"}
    made = {row: uri for row, _, uri in before["clips"] if uri}
    assert made.items() <= {row: uri for row, _, uri in run["clips"]}.items()


def test_a_cluster_may_be_an_airflow_connection_and_nothing_of_it_is_handed_on(runs: dict[str, Any]) -> None:
    assert [xcom["value"] for xcom in runs["mended"]["xcoms"] if xcom["task"] == "open_farm"] == ["dask_of_test"]


def test_a_farm_that_was_there_before_is_left_alone(runs: dict[str, Any]) -> None:
    assert runs["farm left alone"] is True


def test_a_dag_that_reads_the_catalog_is_started_when_a_batch_is_published(played: dict[str, Any]) -> None:
    """By the scheduler's own rules; the event says which batch, and how its rows ended."""
    assets = played["assets"]
    assert assets["nothing published"] == {"to be started": [], "extra": None}
    assert assets["published"]["to be started"] == ["reads_the_catalog"]
    batch = played["runs"]["three rows"]["batch"]
    assert {name: count for name, count in assets["published"]["extra"].items() if count} == {
        "batch": batch, "rows": 3, "published": 3,
    }  # fmt: skip


def test_what_the_watcher_tells_starts_the_dag_of_arrivals(played: dict[str, Any]) -> None:
    """By the scheduler's own rules, from the trigger that Airflow has stored for the asset's watcher."""
    assert played["assets"]["arrived"]["to be started"] == ["reads_the_catalog", "render_on_arrival"]


def test_upkeep_removes_what_nothing_names_and_compacts_the_catalog(played: dict[str, Any]) -> None:
    upkeep = played["upkeep"]
    assert upkeep["state"] == "success"
    assert upkeep["left"] == {"young": True, "old": False, "half-written": False}
    before, after = upkeep["files"]
    assert before > after == 1
    assert upkeep["the same rows"]


def test_people_are_told_how_each_run_ended(runs: dict[str, Any], webhook: Received) -> None:
    """A failed shard says why, before its run does; a run that finds nothing to take is no news."""
    told = [(document["event"], document.get("task"), document.get("ends")) for document in webhook.documents]
    assert told == [
        ("run_succeeded", None, {"published": 3}),
        ("run_succeeded", None, {"published": 3}),
        ("task_failed", "render_shard[1]", None),
        ("run_failed", None, {"published": 2}),
        ("run_succeeded", None, {"published": 4}),
        ("run_succeeded", None, {"published": 5}),
    ]
    assert webhook.documents[2]["reason"] == "Shard 1 is broken by the test."
    assert "2 rows have no end yet" in webhook.documents[3]["reason"]
    report = next(xcom["value"] for xcom in runs["three rows"]["xcoms"] if xcom["task"] == "report")
    assert webhook.documents[0]["report"] == report


def test_a_night_that_is_late_is_told_and_what_someone_started_by_hand_is_not(
    airflow: Callable[..., Any], runs: dict[str, Any]
) -> None:
    with serving() as server:
        connection = {"conn_type": "http", "schema": "http", "host": "127.0.0.1", "port": server.port}
        environment = {"AIRFLOW_CONN_NIGHTREEL_WEBHOOK": json.dumps(connection), "NIGHTREEL_NIGHTLY_BY": "06:30"}
        told = airflow("miss_deadline.py", **environment)
    assert told["due"]["scheduled"] == "2026-11-20T06:30:00+00:00"
    assert told["ends"] == [["running", "success"]] * 2
    (document,) = server.documents
    assert (document["event"], document["run"], document["state"]) == ("run_late", "scheduled__late", "running")
    assert "was to be done by 2026-11-20 06:30:00+00:00" in document["text"]


def test_xcom_carries_ids_and_uris_only(played: dict[str, Any], folder: Path) -> None:
    """Each value is one that storage or the run's parameters know: no prompt, no secret, no row."""
    xcoms = [xcom for name, run in played["runs"].items() if name != "farm left alone" for xcom in run["xcoms"]]
    known = {"store": (folder / "store").as_uri(), "batches": played["batches"], "schedulers": played["schedulers"]}
    assert [xcom for xcom in xcoms if strange(xcom["task"], xcom["key"], xcom["value"], **known)] == []
    assert {xcom["task"] for xcom in xcoms} == {"intake", "open_farm", "plan", "report"}


def test_no_process_is_left(runs: dict[str, Any], folder: Path) -> None:
    assert runs
    mine = str(folder.parent)
    left = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"]]
    assert [line for line in left if any(part.startswith(mine) for part in line)] == []
