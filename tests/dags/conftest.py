"""Airflow with a home and a database of its own, always in a process of its own: nothing of it stays in pytest's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Run a script of this folder with Airflow at hand; gives what it printed last, read as JSON.

    Keywords go into its environment.
    """
    home = tmp_path_factory.mktemp("airflow")

    def run(script: str, *arguments: str, **environment: str) -> Any:
        own = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
            "NIGHTREEL_SCRATCH": str(home / "scratch"),
            "NO_COLOR": "1",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "NIGHTREEL"))}
        done = subprocess.run(
            [sys.executable, str(HERE / script), *arguments],
            cwd=home,
            env=others | own | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return json.loads(done.stdout.splitlines()[-1])

    return run
