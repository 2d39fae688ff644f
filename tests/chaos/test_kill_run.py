"""kill -9 of the whole process group in the middle of a run, then the same command: nothing lost, nothing twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CLIPS = 8

pytestmark = pytest.mark.slow


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Eight clips to render, one in-batch duplicate and one malformed row."""
    rows = [
        {"experiment": "e", "variant": f"v{i}", "prompt": f"take {i}", "seconds": 4.0, "width": 320, "height": 180}
        for i in range(CLIPS)
    ]
    rows += [rows[0], rows[0] | {"prompt": ""}]
    table = pa.Table.from_pylist([row | {"engine": "testcard", "fps": 24} for row in rows])
    path = tmp_path / "manifest.parquet"
    pq.write_table(table, path)
    return path


def records(store: Path) -> dict[str, str]:
    """Fingerprint to attempt, of every committed clip."""
    return {path.parent.name: json.loads(path.read_text())["attempt"] for path in store.glob("clips/*/*/clip.json")}


def planned(store: Path) -> bool:
    return any(store.glob("batches/*/plan.json"))


def uploading(store: Path) -> bool:
    """Half the clips are committed, and an attempt is on storage whose clip has no record yet."""
    attempts = [path for path in store.glob("clips/*/*/*") if path.is_dir()]
    half = len(records(store)) >= CLIPS // 2
    return half and any(not (attempt.parent / "clip.json").exists() for attempt in attempts)


@pytest.mark.parametrize("moment", [planned, uploading], ids=lambda moment: moment.__name__)
def test_a_killed_run_is_resumed_by_the_same_command(moment: Callable[[Path], bool], manifest: Path, tmp_path: Path):
    store = tmp_path / "store"
    command = [sys.executable, "-m", "render.cli", "run", str(manifest), "--store", str(store), "--workers", "2"]
    command += ["--json"]
    env = os.environ | {"NIGHTREEL_SCRATCH": str(tmp_path / "scratch")}

    run = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, cwd=tmp_path
    )
    deadline = time.monotonic() + 120
    while not moment(store):
        assert run.poll() is None, "the run ended before the moment came"
        assert time.monotonic() < deadline, "the moment never came"
        time.sleep(0.002)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    before = records(store)

    again = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False)
    assert again.returncode == 0, again.stderr
    status = json.loads(again.stdout)

    ends = {"published": CLIPS, "reused": 1, "held": 0, "rejected": 1, "failed": 0, "withdrawn": 0}
    assert status["ends"] == ends
    after = records(store)
    assert len(after) == CLIPS
    assert {key: after[key] for key in before} == before, "a clip that had a record was rendered again"

    attempts = {(path.parent.name, path.name) for path in store.glob("clips/*/*/*") if path.is_dir()}
    assert attempts == set(after.items()), "an unreferenced attempt was left"
    hidden = [path for path in store.rglob("*") if path.is_file() and any(part[0] == "." for part in path.parts)]
    assert not hidden, "a temporary object was left"
    assert len(list(store.glob("batches/*"))) == 1, "the run was not resumed but started anew"
    left = [path for path in (tmp_path / "scratch").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert not left, "a file in the making was left in scratch"

    question = "select count(*) as n, count(distinct row) as rows, count(distinct fingerprint) as clips from results"
    query = [sys.executable, "-m", "render.cli", "query", question, "--store", str(store), "--json"]
    answer = subprocess.run(query, capture_output=True, text=True, env=env, cwd=tmp_path, check=True)
    assert json.loads(answer.stdout) == [{"n": CLIPS + 2, "rows": CLIPS + 2, "clips": CLIPS}]
