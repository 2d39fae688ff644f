"""What a run tells OpenLineage, by its provider's own listener, written to a file instead of being sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_process import write


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_tells_what_it_read_and_wrote(airflow: Callable[..., Any], tmp_path: Path) -> None:
    """Manifest to clips, clips to catalog: the tables stand behind the manifest that a marketing team dropped."""
    write(tmp_path / "card.parquet", "one")
    told = tmp_path / "told.jsonl"
    transport = {"type": "file", "log_file_path": str(told), "append": True}
    environment = {
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
        "AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT": "120",  # of a busy machine
    }
    run = airflow("run_lineage.py", str(tmp_path), **environment)
    assert run["state"] == "success"
    events = [json.loads(line) for line in told.read_text().splitlines()]
    ended = {event["job"]["name"]: event for event in events if event["eventType"] == "COMPLETE"}

    def data(task: str, side: str) -> set[str]:
        found = ended[f"nightly_render.{task}"][side]
        assert {one["namespace"] for one in found} <= {"file"}
        return {one["name"] for one in found}

    clips = {f"{run['store']}/clips"}
    tables = {f"{run['store']}/catalog/{table}" for table in ("checks", "clips", "requests")}
    assert (data("render_shard", "inputs"), data("render_shard", "outputs")) == ({run["manifest"]}, clips)
    assert (data("publish", "inputs"), data("publish", "outputs")) == ({run["manifest"]} | clips, tables)
    assert (data("report", "inputs"), data("report", "outputs")) == (set(), set())
