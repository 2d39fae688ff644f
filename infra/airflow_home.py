"""Airflow for the demo and the stack: its environment, its database, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Database:
    """Where Airflow keeps its metadata."""

    url: str
    """For SQLAlchemy."""
    place: Path | None = None
    """What holds it on this machine; where that is not known, it is brought up to date at each start."""

    @classmethod
    def sqlite(cls, home: Path) -> Database:
        """A file in Airflow's home."""
        return cls(url=f"sqlite:///{home / 'airflow.db'}", place=home / "airflow.db")


def environment(home: Path, database: Database) -> dict[str, str]:
    """What Airflow's commands find in their environment: this process's own, and nothing of another Airflow."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return others | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.url,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "NO_COLOR": "1",
    }


class Airflow:
    """Runs Airflow's commands in ``home``; everything they say goes to ``log``, which starts anew with each object."""

    def __init__(self, home: Path, database: Database | None = None, *, log: str = "demo.log") -> None:
        self.home = home
        self.log = home / log
        self._database = database or Database.sqlite(home)
        home.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")

    def migrate(self, say: Callable[[str], None]) -> None:
        """Make the database, once for each version of Airflow."""
        place = self._database.place
        stamp = place.with_name("migrated") if place else None
        version = metadata.version("apache-airflow")
        if place and stamp and place.exists() and stamp.exists() and stamp.read_text() == version:
            return
        where = f"Making Airflow's database in {os.path.relpath(place.parent)}, once" if place else "Airflow's database"
        say(f"{where}: about half a minute")
        with self.run("db", "migrate") as migration:
            if migration.wait():
                raise errors.NightreelError(f"Airflow's database could not be made; {self.log} says why.")
        if stamp:
            stamp.write_text(version)

    @contextmanager
    def run(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command in a process group of its own; its whole tree, a Dask farm included, ends with the block."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [Path(sys.executable).parent / "airflow", *arguments],
                cwd=ROOT,
                env=environment(self.home, self._database) | {"NIGHTREEL_FARM_OWNER": str(os.getpid())},
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
