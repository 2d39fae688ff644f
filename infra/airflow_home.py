"""Airflow for the demo: a home in the project, SQLite, one log, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from types import FrameType

import psutil

from render import errors

ROOT = Path(__file__).resolve().parent.parent
GRACE_SECONDS = 10.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A terminal that closes, or a Ctrl-C under make, sends several."""


def stop_on_signals() -> None:
    """Raise KeyboardInterrupt on the first signal that ends a process, and let no further one disturb the end."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        hear_no_more()
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, stop)


def hear_no_more() -> None:
    """Let the signals that end a process do nothing: its end is under way."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


class Airflow:
    """Runs Airflow's commands in ``home``; everything they say goes to ``log``, which starts anew with each object."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "demo.log"
        self._database = home / "airflow.db"
        home.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")

    def migrate(self, say: Callable[[str], None]) -> None:
        """Make the database, once for each version of Airflow."""
        stamp = self.home / "migrated"
        version = metadata.version("apache-airflow")
        if stamp.exists() and stamp.read_text() == version and self._database.exists():
            return
        say(f"Making Airflow's database in {os.path.relpath(self.home)}, once: about half a minute")
        with self.run("db", "migrate") as migration:
            if migration.wait():
                raise errors.NightreelError(f"Airflow's database could not be made; {self.log} says why.")
        stamp.write_text(version)

    @contextmanager
    def run(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command in a process group of its own; its whole tree, a Dask farm included, ends with the block."""
        own = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self._database}",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "NIGHTREEL_FARM_OWNER": str(os.getpid()),
            "NO_COLOR": "1",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [Path(sys.executable).parent / "airflow", *arguments],
                cwd=ROOT,
                env=others | own,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                _end_tree(process)


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    """End Airflow at once, so that it starts no further task, and let the farm's processes tidy up."""
    hear_no_more()  # a second Ctrl-C must not leave half of them
    airflow = psutil.Process(process.pid)
    mine = ["--owner", str(os.getpid())]
    farms = [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[-2:] == mine]
    heads = [*airflow.children(), *farms]
    tree = [*heads, *(child for head in heads for child in _below(head))]
    process.kill()
    process.wait()
    for head in heads:  # the farm ends its own workers; were they ended here, it would start others
        with suppress(psutil.NoSuchProcess):
            head.terminate()
    _, stubborn = psutil.wait_procs(tree, timeout=GRACE_SECONDS)
    for child in stubborn:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(stubborn)


def _below(process: psutil.Process) -> list[psutil.Process]:
    """Its children and theirs; none if it has just ended."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
