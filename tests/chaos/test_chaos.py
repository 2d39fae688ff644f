"""Processes are killed, stopped and starved at random moments, then the same command: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import subject

from render.model import End
from render.store.objects import open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLUGINS = str(Path(__file__).parents[1] / "render" / "farm" / "plugins")
ROW = {"experiment": "e", "engine": "testcard", "seconds": 0.5, "width": 64, "height": 64, "fps": 8}
GOOD, NEIGHBOURS = 190, 6
ENDS = {End.PUBLISHED: GOOD + NEIGHBOURS, End.REUSED: 1, End.REJECTED: 1, End.FAILED: 2}
INCOMPLETE, SOME_FAILED = 3, 4
MEMORY = 3 << 30
"""Bytes that Dask believes the machine has: two workers share them, and a job that wants more is poison."""
SPAWN = """
from pathlib import Path
from render.farm import cluster
from render.settings import load
print(cluster.spawn(load(), Path("farm")))
"""
SECONDS = 500.0
"""What the whole may take at the most."""
ORPHAN_SECONDS = 20.0
"""What a process may take to find out that those it works for are dead."""
RUNS = 3
"""After so many, undisturbed, the batch must be finished."""


class Trial:
    """A batch in a folder, the command that renders it, and the processes that were started for it."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.dice = dice
        self.store = folder / "store"
        self.scratch = folder / "scratch"
        self.made: dict[str, str] = {}
        self._folder = folder
        self._deadline = time.monotonic() + SECONDS
        self._env = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [PLUGINS, os.environ.get("PYTHONPATH")])),
            "NIGHTREEL_STORE": str(self.store),
            "NIGHTREEL_SCRATCH": str(self.scratch),
            "NIGHTREEL_WORKERS": "2",
            "NIGHTREEL_TRIES": "2",
            "NIGHTREEL_BACKOFF_SECONDS": "0.1",
            "NIGHTREEL_STALL_SECONDS": "15",
        }

    def rows(self) -> list[dict[str, object]]:
        """Those of the batch in which one job is poison and another hangs."""
        rows = [ROW | {"variant": f"v{number}", "prompt": f"take {number}"} for number in range(GOOD)]
        quads = [ROW | {"variant": "q", "prompt": f"quad {number}", "engine": "quads"} for number in range(NEIGHBOURS)]
        quads.append(ROW | {"variant": "q", "prompt": "gorge", "engine": "quads"})
        self.dice.shuffle(quads)
        place = self.dice.randrange(GOOD // 2, GOOD)
        rows[place:place] = [*quads, ROW | {"variant": "m", "prompt": "freeze", "engine": "mischief"}]
        return [*rows, rows[0], rows[0] | {"prompt": ""}]

    def take(self, rows: list[dict[str, object]]) -> None:
        """Put these into the manifest."""
        pq.write_table(pa.Table.from_pylist(rows), self._folder / "manifest.parquet")

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Give the command."""
        return self._process("-m", "render.cli", "run", "manifest.parquet", "--json", *options)

    def farm(self) -> tuple[str, int]:
        """Start a farm apart from the command; its scheduler's address and process."""
        out, err = self._process("-c", SPAWN).communicate()
        assert out, err
        return out.strip(), json.loads((self._folder / "farm" / "cluster.json").read_text())["pid"]

    def _process(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=self._env,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_RSS, (MEMORY, MEMORY)),  # noqa: PLW1509 one system call
        )

    def await_(self, moment: Callable[[], object], run: subprocess.Popen[str]) -> None:
        """Wait for a moment of this run."""
        while not moment():
            assert run.poll() is None, f"the run ended before the moment came: {run.communicate()}"
            assert time.monotonic() < self._deadline, "the moment never came"
            time.sleep(0.02)

    def more(self, least: int, most: int) -> Callable[[], bool]:
        """The moment at which some more clips are made than now."""
        wanted = len(self.records()) + self.dice.randint(least, most)
        return lambda: len(self.records()) >= wanted

    def planned(self) -> bool:
        """The moment at which the plan counts."""
        return any(self.store.glob("batches/*/plan.json"))

    def uploading(self) -> bool:
        """The moment at which an attempt is on storage whose clip has no record yet."""
        attempts = (path for path in self.store.glob("clips/*/*/*") if path.is_dir())
        return any(not (attempt.parent / "clip.json").exists() for attempt in attempts)

    def ends(self, run: subprocess.Popen[str], *codes: int) -> str:
        """Wait for the run's end; no clip that had a record may have been made again."""
        out, err = run.communicate(timeout=self._deadline - time.monotonic())
        print(f"exit {run.returncode}: {err.splitlines()[-1:]}")
        assert run.returncode in codes, err[-6000:]
        patience = time.monotonic() + ORPHAN_SECONDS
        while (alive := self.processes()) and time.monotonic() < patience:
            time.sleep(0.1)
        assert not alive, "processes outlive their run"
        now = self.records()
        assert {name: now[name] for name in self.made} == self.made, "a clip that had a record was made again"
        self.made = now
        return out

    def records(self) -> dict[str, str]:
        """Fingerprint to attempt, of every committed clip."""
        files = self.store.glob("clips/*/*/clip.json")
        return {path.parent.name: json.loads(path.read_text())["attempt"] for path in files}

    def processes(self) -> list[psutil.Process]:
        """All that run for this trial, and are no zombies."""
        return [process for process in psutil.process_iter() if self._is_own(process)]

    def _is_own(self, process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()) == self._folder  # a worker's environment is hidden by its title
        except psutil.Error:
            return False

    def left(self) -> list[str]:
        """Files that should not be there any more."""
        hidden = [path for path in self.store.rglob("*") if path.is_file() and any(p[0] == "." for p in path.parts)]
        return [*subject.left_in(self.scratch), *map(str, hidden)]


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(tmp_path, random.Random(subject.seed()))
    yield trial
    for process in trial.processes():
        process.kill()


def workers_of(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """The worker processes of a run's own farm that live."""
    children = psutil.process_iter(["ppid", "status", "cmdline"])
    of_run = [child for child in children if child.info["ppid"] == run.pid and child.info["status"] != "zombie"]
    return [child for child in of_run if "resource_tracker" not in " ".join(child.info["cmdline"] or ())]


def killed_once_planned(trial: Trial) -> None:
    run = trial.start()
    trial.await_(trial.planned, run)
    os.killpg(run.pid, signal.SIGKILL)
    trial.ends(run, -signal.SIGKILL)


def killed_while_uploading(trial: Trial) -> None:
    run = trial.start()
    trial.await_(trial.more(5, 25), run)
    trial.await_(trial.uploading, run)
    os.killpg(run.pid, signal.SIGKILL)
    trial.ends(run, -signal.SIGKILL)


def workers_killed_then_terminated(trial: Trial) -> None:
    run = trial.start()
    for _ in range(2):
        trial.await_(trial.more(3, 15), run)
        trial.await_(lambda: workers_of(run), run)
        trial.dice.choice(workers_of(run)).kill()
    trial.await_(trial.more(3, 15), run)
    run.terminate()
    trial.ends(run, INCOMPLETE)


def scheduler_killed(trial: Trial) -> None:
    address, pid = trial.farm()
    run = trial.start("--scheduler", address)
    trial.await_(trial.more(5, 25), run)
    os.kill(pid, signal.SIGKILL)
    trial.ends(run, INCOMPLETE)


MISHAPS = [killed_while_uploading, workers_killed_then_terminated, scheduler_killed]


def test_whatever_dies_the_same_command_ends_the_batch(trial: Trial) -> None:
    """One job wants more memory than there is, one hangs; all others are made once, whoever is killed meanwhile."""
    trial.take(trial.rows())
    killed_once_planned(trial)
    for mishap in trial.dice.sample(MISHAPS, len(MISHAPS)):
        print(mishap.__name__)
        mishap(trial)
    for _ in range(RUNS):
        run = trial.start()
        out = trial.ends(run, INCOMPLETE, SOME_FAILED)
        if run.returncode == SOME_FAILED:
            break
    reasons = [clip["reason"] for clip in json.loads(out)["clips"] if clip["end"] == "failed"]
    assert sorted(reason.split()[1] for reason in reasons) == ["hung:", "killed"], reasons
    assert subject.violations(open_store(str(trial.store)), trial.made, ends=[ENDS]) == []
    assert trial.left() == []


def test_sigterm_has_what_is_begun_finished_and_begins_nothing_more(trial: Trial, tmp_path: Path) -> None:
    """Each clip takes some seconds, and marks in its file each time that it is begun."""
    marks = [tmp_path / f"mark-{number}" for number in range(12)]
    trial.take([ROW | {"variant": mark.name, "prompt": f"pause {mark}", "engine": "mischief"} for mark in marks])
    run = trial.start()
    trial.await_(lambda: any(mark.exists() for mark in marks), run)
    run.terminate()
    clips = json.loads(trial.ends(run, INCOMPLETE))["clips"]
    begun = {mark.name for mark in marks if mark.exists()}
    assert {clip["variant"] for clip in clips if clip["uri"]} == begun
    assert len(trial.records()) == len(begun) < len(marks)
    assert [mark.read_text() for mark in marks if mark.exists()] == ["x"] * len(begun)
    assert trial.left() == []
