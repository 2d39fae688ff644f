"""The DAG run for real, on Dask and the test card: what becomes of its tasks, its rows and the catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from otlp import Collector, collector

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    pq.write_table(cards(range(3)), folder / "three.parquet")
    pq.write_table(cards(range(10, 14)), folder / "four.parquet")
    return folder


@pytest.fixture(scope="module")
def taken() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture(scope="module")
def runs(airflow: Callable[..., Any], folder: Path, taken: Collector) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", taken.endpoint)
        return airflow("run_dag.py", str(folder))


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


def test_a_manifest_goes_the_whole_way(runs: dict[str, Any]) -> None:
    run = runs["three rows"]
    assert run["state"] == "success"
    assert set(run["tasks"].values()) == {"success"}
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
    assert taken.total("nightreel.clips", end="published") == 3 + 4
    assert taken.total("nightreel.batches") >= 2


def test_the_same_logical_date_again_changes_nothing(runs: dict[str, Any]) -> None:
    first, again = runs["three rows"], runs["the same again"]
    assert again["state"] == "success"
    assert again["tasks"]["render_shard"] == "skipped"
    assert [again[name] for name in ("batch", "clips", "catalog")] == [
        first[name] for name in ("batch", "clips", "catalog")
    ]
    assert len(first["catalog"]) == 3


@pytest.mark.parametrize("name", ["nothing arrived", "nothing new"])
def test_no_shards_is_a_state_of_its_own(runs: dict[str, Any], name: str) -> None:
    run = runs[name]
    assert run["state"] == "success"
    assert run["tasks"].pop("render_shard") == "skipped"
    assert set(run["tasks"].values()) == {"success"}


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


def test_a_farm_that_was_there_before_is_left_alone(runs: dict[str, Any]) -> None:
    assert runs["farm left alone"] is True


def test_xcom_carries_ids_and_uris_only(runs: dict[str, Any]) -> None:
    xcoms = [xcom for name, run in runs.items() if name != "farm left alone" for xcom in run["xcoms"]]
    for xcom in xcoms:
        values = xcom["value"] if isinstance(xcom["value"], list) else [xcom["value"]]
        assert all(isinstance(value, int) or (isinstance(value, str) and len(value) < 300) for value in values), xcom
    assert {xcom["task"] for xcom in xcoms} == {"intake", "open_farm", "plan", "report"}


def test_no_process_is_left(runs: dict[str, Any], folder: Path) -> None:
    assert runs
    mine = str(folder.parent)
    left = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"]]
    assert [line for line in left if any(part.startswith(mine) for part in line)] == []
