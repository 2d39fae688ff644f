import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from render.cli import main

SMALL = {"experiment": "e", "engine": "testcard", "seconds": 0.5, "width": 64, "height": 64, "fps": 8}


def write_manifest(path: Path, rows: list[dict[str, object]]) -> Path:
    """A manifest of quick test cards; each row says what differs."""
    pq.write_table(pa.Table.from_pylist([SMALL | row for row in rows]), path)
    return path


@pytest.fixture(scope="session")
def manifest() -> Callable[[Path, list[dict[str, object]]], Path]:
    return write_manifest


class Nightreel:
    """The program as a process of its own, in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = home / "store"
        self.env = os.environ | {"NIGHTREEL_SCRATCH": str(home / "scratch"), "NIGHTREEL_STORE": str(self.store)}

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "render.cli", *map(str, arguments)]

    def __call__(self, *arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, env=self.env | env, cwd=self.home, check=False
        )


@pytest.fixture(scope="session")
def program() -> type[Nightreel]:
    return Nightreel


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Run a command with --json in this process: its exit code and its document."""

    def run(*arguments: object) -> tuple[int, Any]:
        code = main([*map(str, arguments), "--json"])
        return code, json.loads(capfd.readouterr().out)

    return run
