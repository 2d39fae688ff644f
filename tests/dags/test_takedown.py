"""The DAG that takes clips down: light to parse, and what comes of its runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COUNTS = {"clips": 1, "rows": 2, "batches": 1, "reports": 1}


@pytest.mark.slow
def test_clips_are_taken_down_on_request(airflow: Callable[..., Any], tmp_path: Path) -> None:
    """By URI or fingerprint, by whom the run says or who triggered it; again changes nothing, a stranger fails at once.

    What tasks hand on are counts.
    """
    told = airflow("run_takedown.py", str(tmp_path))
    runs = told["runs"]
    assert {name: run["state"] for name, run in runs.items()} == {
        "first": "success", "again": "success", "unknown": "failed",
    }  # fmt: skip
    [(first), *_], [(again), *_] = runs["first"]["xcoms"], runs["again"]["xcoms"]
    assert {name: first[name] for name in COUNTS} == COUNTS
    assert first["objects"] >= 2
    assert again == COUNTS | {"objects": 0}
    assert told["left"] == []
    assert [row["end"] for row in told["rows"]] == ["withdrawn", "published", "withdrawn"]
    assert {row["reason"].partition(" by ")[2] for row in told["rows"][::2]} == {"dag_test: consent revoked"}


def test_its_pod_has_an_account_of_its_own_where_one_is_named() -> None:
    """By a setting; without it nothing of Kubernetes is imported."""
    script = """
import json, os, sys
from render.orchestration.takedown import executor_config
none, light = executor_config(), "kubernetes.client" not in sys.modules
os.environ["NIGHTREEL_TAKEDOWN_ACCOUNT"] = "one-who-may"
pod = executor_config()["pod_override"]
print(json.dumps([none, light, pod.spec.service_account_name]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [{}, True, "one-who-may"]
