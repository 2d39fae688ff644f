"""The demo as its user types it, on three test cards: stopped by Ctrl-C, gone on with, and typed once more."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_stopped_resumed_and_repeated(tmp_path: Path) -> None:
    manifest = tmp_path / "cards.parquet"
    card = {"experiment": "cards", "variant": "a", "prompt": "A test card", "engine": "testcard", "seconds": 3.0}
    rows = [card | {"width": 640, "height": 360, "seed": seed} for seed in range(7)]
    pq.write_table(pa.Table.from_pylist([*rows, card | {"seconds": -3.0}]), manifest)

    with demo(tmp_path, manifest) as stopped:
        assert stopped.stdout
        shown = []
        for line in stopped.stdout:
            shown.append(line)
            if line.startswith("First clip"):
                stopped.send_signal(signal.SIGINT)
                break
        time.sleep(0.3)
        stopped.send_signal(signal.SIGTERM)  # make hands on what its whole process group has had already
        rest = stopped.stdout.read()
    assert stopped.returncode == 3, "".join(shown) + rest
    assert "Traceback" not in rest
    assert "`make demo` again goes on" in rest.splitlines()[-1]
    assert left(tmp_path) == []

    with demo(tmp_path, manifest) as resumed:
        text, _ = resumed.communicate()
    assert resumed.returncode == 0, text
    assert "Planned 8 rows: 7 clips to render in 1 shard, 0 reused, 0 duplicates, 1 quarantined." in text
    assert "8 rows" in text
    assert ": 7 published, 1 rejected." in text
    assert re.search(r"^ *7 .*rejected .*seconds .*-3", text, re.MULTILINE)
    (report,) = re.findall(r"^Report: file://(.*)$", text, re.MULTILINE)
    assert Path(report).exists()
    assert re.search(rf'^Next: .venv/bin/nightreel query "select .*" --store {tmp_path}/store$', text, re.MULTILINE)
    assert left(tmp_path) == []

    with demo(tmp_path, manifest) as repeated:
        text, _ = repeated.communicate()
    assert repeated.returncode == 0, text
    assert "Planned 8 rows: 0 clips to render in 0 shards, 7 reused, 0 duplicates, 1 quarantined." in text
    assert ": 7 reused, 1 rejected." in text


def test_a_manifest_that_is_not_there_is_said_so_before_airflow_starts(tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "airflow.db").touch()
    from importlib import metadata

    (tmp_path / "airflow" / "migrated").write_text(metadata.version("apache-airflow"))
    with demo(tmp_path, tmp_path / "none.parquet") as missing:
        text, _ = missing.communicate()
    assert missing.returncode == 2
    assert "none.parquet" in text
    assert "Traceback" not in text


def demo(folder: Path, manifest: Path) -> subprocess.Popen[str]:
    places = ["--store", str(folder / "store"), "--home", str(folder / "airflow")]
    others = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "NIGHTREEL"))}
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "infra.demo", str(manifest), *places],
        cwd=ROOT,
        env=others | {"NIGHTREEL_SCRATCH": str(folder / "scratch"), "NIGHTREEL_WORKERS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left(folder: Path) -> list[list[str]]:
    """Command lines that still name the folder when what was killed has had time to go."""
    deadline = time.monotonic() + 10
    while (found := processes(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def processes(folder: Path) -> list[list[str]]:
    """Command lines that name the folder."""
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if any(str(folder) in part for part in line)]
