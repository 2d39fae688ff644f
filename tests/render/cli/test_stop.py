"""How a run ends that does not end well: Ctrl-C, an engine that fails, a batch that is cancelled. And ``try``."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from render import errors
from render.cli import main
from render.farm import cluster
from render.pipeline import running
from render.settings import load

pytestmark = pytest.mark.slow

Said = Callable[..., tuple[int, Any]]

CLIPS = 20

BROKEN_ENGINE = """
from dataclasses import replace

from render.engines.testcard import TestcardEngine
from render.errors import EngineError

class Broken(TestcardEngine):
    capabilities = replace(TestcardEngine.capabilities, name="broken", group_size=1)

    def generate(self, jobs, *, cancel, progress):
        raise EngineError("The lamp is broken.")
"""


@pytest.fixture(scope="module", autouse=True)
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A farm of one worker, here and on which an engine is installed that never works."""
    home = tmp_path_factory.mktemp("farm")
    site = home / "site"
    info = site / "broken-1.dist-info"
    info.mkdir(parents=True)
    (site / "broken_engine.py").write_text(BROKEN_ENGINE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[nightreel.engines]\nbroken = broken_engine:Broken\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        patch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
        with cluster.local(load(workers=1, scratch=home / "scratch")) as address:
            yield address


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))


@pytest.fixture
def start(program: type, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the program in a process group of its own, as a terminal does; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def popen(*arguments: object, **env: str) -> subprocess.Popen[str]:
        nightreel = program(tmp_path)
        child = subprocess.Popen(
            nightreel.command(*arguments),
            env=nightreel.env | env,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(child)
        return child

    yield popen
    for child in started:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def reads(child: subprocess.Popen[str], beginning: str) -> bool:
    """Read what the program says until a line begins so."""
    assert child.stderr is not None
    return any(line.startswith(beginning) for line in child.stderr)


def test_failed_rows_end_with_four(
    tmp_path: Path, manifest: Callable[..., Path], said: Said, scheduler: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NIGHTREEL_TRIES", "1")
    path = manifest(tmp_path / "m.parquet", [{"variant": v, "prompt": v, "engine": "broken"} for v in "ab"])
    code, document = said("run", path, "--scheduler", scheduler)
    assert code == 4
    assert document["ends"]["failed"] == 2
    assert [(clip["end"], clip["reason_kind"]) for clip in document["clips"]] == [("failed", "engine")] * 2
    assert "The lamp is broken." in document["clips"][0]["reason"]
    code, again = said("run", path, "--scheduler", scheduler, "--allow-failed", 2)
    assert (code, again["ends"]["failed"]) == (0, 2)
    assert again["batch"] != document["batch"]


def test_equal_engine_errors_stop_the_batch(
    tmp_path: Path,
    manifest: Callable[..., Path],
    scheduler: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("NIGHTREEL_TRIES", "1")
    monkeypatch.setenv("NIGHTREEL_WINDOW", "1")
    path = manifest(tmp_path / "m.parquet", [{"variant": v, "prompt": v, "engine": "broken"} for v in "abcdefgh"])
    assert main(["run", str(path), "--scheduler", scheduler, "--max-engine-errors", "2"]) == 3
    out, err = capfd.readouterr()
    assert "The lamp is broken." in err.splitlines()[-1]
    assert ": shard 0 is not rendered yet" in out
    assert f"Next: nightreel run {path.as_uri()}" in out


def test_ctrl_c_drains_and_the_same_command_resumes(
    tmp_path: Path, manifest: Callable[..., Path], start: Callable[..., Any], said: Said, scheduler: str
):
    path = manifest(tmp_path / "m.parquet", [{"variant": f"v{i}", "prompt": f"{i}"} for i in range(CLIPS)])
    run = start("run", path, "--workers", 1, "--json", NIGHTREEL_WINDOW="1")
    assert reads(run, f" 1/{CLIPS} "), "no clip was made"
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate()
    assert run.returncode == 3, err
    assert "Stopping: clips in the making are finished" in err
    assert "Traceback" not in err
    document = json.loads(out)
    assert document["waiting"] > 0
    assert document["ends"]["failed"] == 0
    made = set(tmp_path.glob("store/clips/*/*/clip.json"))
    assert 1 <= len(made) < CLIPS
    assert len([clip for clip in document["clips"] if clip["uri"]]) == len(made)
    code, stands = said("status", document["batch"])
    assert (code, stands["clips"]) == (0, document["clips"])

    code, again = said("run", path, "--scheduler", scheduler)
    assert (code, again["batch"], again["ends"]["published"]) == (0, document["batch"], CLIPS)


def test_a_store_that_fails_in_the_middle_is_an_incomplete_batch(
    tmp_path: Path, manifest: Callable[..., Path], said: Said, scheduler: str, monkeypatch: pytest.MonkeyPatch
):
    """The batch is recorded, so the same command resumes it, and the exit code says so."""

    def away(*_: object, **__: object) -> None:
        raise errors.StoreError("The bucket is away. Look after it.")

    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    with monkeypatch.context() as patch:
        patch.setattr(running, "publish", away)
        code, told = said("run", path, "--scheduler", scheduler)
    assert (code, told["error"]["message"]) == (
        3,
        "The bucket is away. Look after it. Then run the same command again: it resumes.",
    )
    code, document = said("run", path, "--scheduler", scheduler)
    assert (code, document["ends"]["published"]) == (0, 1)
    [_] = (tmp_path / "store" / "batches").iterdir()


@pytest.mark.parametrize(("presses", "why"), [(1, "Stopped on request."), (2, "Stopped at once.")])
def test_ctrl_c_while_the_farm_starts(
    presses: int, why: str, tmp_path: Path, manifest: Callable[..., Path], start: Callable[..., Any]
):
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    run = start("run", path, "--workers", 1, "--json")
    assert reads(run, "Planned:")
    scratch = tmp_path / "scratch"
    while not any(scratch.glob("dask-*")):  # the farm begins with it
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGINT)
    assert reads(run, "Stopping:")
    if presses == 2:
        os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate()
    assert run.returncode == 3, err
    assert "Traceback" not in err
    assert why in err
    assert json.loads(out)["waiting"] == 1


def test_a_second_ctrl_c_stops_at_once_and_cancel_ends_the_batch(
    tmp_path: Path, manifest: Callable[..., Path], start: Callable[..., Any], said: Said, scheduler: str
):
    rows = [{"variant": f"v{i}", "prompt": f"{i}", "seconds": 60.0, "width": 1280, "height": 720} for i in range(4)]
    path = manifest(tmp_path / "m.parquet", rows)
    run = start("run", path, "--workers", 1, "--json")
    assert reads(run, "Planned:")
    os.killpg(run.pid, signal.SIGTERM)
    assert reads(run, "Stopping:")
    run.send_signal(signal.SIGINT)
    out, err = run.communicate()
    assert run.returncode == 3, err
    assert "Traceback" not in err
    document = json.loads(out)
    assert document["waiting"] == 4

    code, over = said("cancel", document["batch"])
    assert (code, over["waiting"], over["ends"]["failed"], over["state"]) == (0, 0, 4, "cancelled")


def test_try_prints_the_path_of_its_clip_and_finds_it_again(
    scheduler: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("NIGHTREEL_SCHEDULER", scheduler)
    small = ["--engine", "testcard", "--seconds", "0.5", "--width", "64", "--height", "64", "--fps", "8"]
    assert main(["try", "Bars, 'quoted'", *small]) == 0
    first = capfd.readouterr()
    [path] = first.out.splitlines()
    assert Path(path).stat().st_size > 0
    assert "Simulated by testcard" in first.err
    assert "a stand-in for what the prompt asks for" in first.err
    assert main(["try", "Bars, 'quoted'", *small]) == 0
    second = capfd.readouterr()
    assert second.out == first.out
    assert "0 clips to render" in second.err
    assert main(["try", "x", "--engine", "testcard", "--seconds", "-3"]) == 2
    refused = capfd.readouterr()
    assert refused.out == ""
    assert "seconds must be from 0.5 to 60, not -3" in refused.err
