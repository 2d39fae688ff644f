"""A whole stack on trial: started in a folder, looked at, hurt, asked and ended."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from infra import airflow_api, seaweed, supervised
from infra.airflow_home import ROOT
from infra.plan import Plan
from render.store import layout
from render.store.objects import ObjectStore, open_store

AT_WORK = ("airflow scheduler", "infra.farm scheduler", "infra.farm worker")
"""What is killed while a batch is rendered, in this order."""
PARTS = (*AT_WORK, "weed -logdir", *(f"airflow {part}" for part in ("api_server", "triggerer", "dag-processor")))
"""How the processes of each part call themselves once they are at work."""
PATIENCE = 900.0
"""Seconds that a moment may take to come, on a machine that does other things too."""


def plan(folder: Path) -> Plan:
    """A stack on ports that are free, and none of those that the system gives to whoever asks for any."""
    while True:
        first = random.SystemRandom().randrange(10_000, 32_000, 16)
        if not any(map(seaweed.is_taken, range(first, first + 11))):
            return Plan(
                folder=folder,
                workers=2,
                s3_port=first,
                airflow_port=first + 8,
                dask_port=first + 9,
                dashboard_port=first + 10,
            )


def options(wanted: Plan) -> list[str]:
    named = {name: getattr(wanted, name) for name in Plan.__dataclass_fields__}
    return [f"--{name.replace('_', '-')}={value}" for name, value in named.items()]


class Trial:
    """A stack in a folder, and all the processes that were ever seen of it; without the machine's PostgreSQL.

    ``through`` is a command that becomes the one after it.
    """

    def __init__(self, wanted: Plan, *, through: Sequence[str] = (), **environment: str) -> None:
        self.plan = wanted
        self._through = through
        self.said = ""
        self.seen: set[psutil.Process] = set()
        others = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "NIGHTREEL"))}
        self._env = others | {"PATH": str(Path(sys.executable).parent)} | environment

    def command(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._through, sys.executable, "-u", "-m", module, *arguments, *options(self.plan)],
            cwd=ROOT,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @contextmanager
    def started(self) -> Iterator[psutil.Popen]:
        """``make stack``; whatever a test has not ended is killed."""
        process = self.command("infra.stack")
        self.seen.add(psutil.Process(process.pid))
        try:
            yield process
        finally:
            self.look()
            for one in self.seen:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            process.communicate()
            with supervised.run_folder(self.plan.folder):
                pass  # as the next start does, it removes what a killed one has left

    def await_ready(self, process: subprocess.Popen[str]) -> None:
        """Until it tells all that it tells."""
        self.said = until(process, "supervisorctl")

    def api(self) -> airflow_api.Api:
        """Airflow's, for its user."""
        return airflow_api.Api(self.plan.airflow, airflow_api.password(self.plan.password_file))

    @staticmethod
    def polled(moment: Callable[[], bool]) -> bool:
        """Whether it has come, as far as Airflow answers; asked not too often, since that costs."""
        time.sleep(1.0)
        with suppress(httpx.HTTPError):
            return moment()
        return False

    @staticmethod
    def told(api: airflow_api.Api, method: str, path: str, **what: Any) -> Any:
        """Have Airflow change something; on SQLite it may have to be asked several times, as what it says tells."""
        for _ in range(20):
            with suppress(httpx.HTTPStatusError):
                return api.ask(method, f"/api/v2/{path}", **what)
            time.sleep(1.0)
        return api.ask(method, f"/api/v2/{path}", **what)

    def shell(self, line: str) -> None:
        """Do what the stack told, then this; on SQLite Airflow may have to be asked several times."""
        [exports] = re.findall(r"^\. .*", self.said, re.MULTILINE)
        command = ["/bin/sh", "-c", f"set -e\n{exports}\n{line}"]
        for _ in range(20):
            done = subprocess.run(command, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False)
            if "database is locked" not in done.stderr:
                break
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

    def look(self) -> dict[int, list[str]]:
        """The command lines of all that live below what was seen."""
        found = {}
        for one in list(self.seen):
            with suppress(psutil.NoSuchProcess):
                self.seen.update(one.children(recursive=True))
        for one in self.seen:
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                found[one.pid] = one.cmdline()
        return {pid: line for pid, line in found.items() if line}

    def of(self, *words: str) -> list[int]:
        """The processes with these words one after another in their command line, a tether's left out."""
        return [
            pid for pid, line in self.look().items() if "infra.tether" not in line and " ".join(words) in " ".join(line)
        ]

    def workers(self) -> int:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.plan.dashboard}/json/identity.json", trust_env=False).json()["n_workers"]
        return 0

    def kill(self, name: str) -> int:
        """Kill a process of this part, as soon as there is one; gives which it was."""
        await_(lambda: self.of(name), lambda: f"{name} does not come: {self.look()}")
        victim = self.of(name)[0]
        os.kill(victim, signal.SIGKILL)
        return victim

    def await_healed(self, victims: set[int]) -> None:
        """Wait until others do their work."""
        await_(lambda: self.is_whole() and self.workers() == 2, lambda: f"they do not come back: {self.look()}")
        assert not victims & self.look().keys()

    def store(self, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        """Where the clips are."""
        for name, value in seaweed.environment(self.plan.s3_folder, self.plan.s3_port).items():
            monkeypatch.setenv(name, value)
        return open_store(self.plan.store)

    @staticmethod
    def made(store: ObjectStore) -> int:
        """How many clips there are."""
        return sum(path.endswith("/clip.json") for path in store.list(layout.CLIPS))

    def is_whole(self) -> bool:
        """Every part is there, S3 stores what it is given, and Airflow's API answers."""
        with suppress(httpx.HTTPError):
            httpx.get(f"{self.plan.airflow}/api/v2/monitor/health", trust_env=False).raise_for_status()
            stored = not seaweed.fault(seaweed.environment(self.plan.s3_folder, self.plan.s3_port))
            return stored and all(self.of(name) for name in PARTS)
        return False

    def assert_nothing_is_left(self) -> None:
        await_(lambda: not self.look(), lambda: f"left: {self.look()}")
        self.plan.refuse_taken_ports()


def await_(moment: Callable[[], object], otherwise: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not moment():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.2)


def until(process: subprocess.Popen[str], words: str) -> str:
    """What a command says up to a line with these words."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended and said:\n{said}")
