"""The DAG that takes clips down: light to parse, and what comes of its runs."""

from __future__ import annotations

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
