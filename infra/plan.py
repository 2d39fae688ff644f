"""Where the parts of a stack are: what its options ask for, noted while it runs so that others find it."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from infra import s3, seaweed
from infra.airflow_home import ROOT
from infra.supervised import is_claimed
from render import errors

FOLDER = ROOT / ".nightreel" / "stack"
DATABASE = "NIGHTREEL_STACK_DATABASE"
"""The variable that names another database for Airflow, as SQLAlchemy does. An option would show its password."""
NOTE = "stack.json"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stack on loopback, with all that it keeps in one folder."""

    folder: Path
    workers: int
    airflow_port: int
    dask_port: int
    dashboard_port: int
    s3_port: int
    """The first of several."""

    @property
    def airflow(self) -> str:
        """Its page and its API."""
        return f"http://127.0.0.1:{self.airflow_port}"

    @property
    def scheduler(self) -> str:
        """Dask's."""
        return f"tcp://127.0.0.1:{self.dask_port}"

    @property
    def dashboard(self) -> str:
        """Dask's."""
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def store(self) -> str:
        """What the DAGs work on."""
        return f"s3://{seaweed.BUCKET}/stack"

    @property
    def home(self) -> Path:
        """Airflow's."""
        return self.folder / "airflow"

    @property
    def logs(self) -> Path:
        """One a part."""
        return self.folder / "logs"

    @property
    def s3_folder(self) -> Path:
        """Its data and its secrets."""
        return self.folder / "s3"

    @property
    def scratch(self) -> Path:
        """The Dask workers'."""
        return self.folder / "scratch"

    @property
    def password_file(self) -> Path:
        """Of Airflow's user."""
        return self.folder / "password.json"

    def clients(self) -> dict[str, str]:
        """The variables that lead a command to the stack; the secrets are in the files."""
        return {
            "AWS_SHARED_CREDENTIALS_FILE": str(self.s3_folder / s3.CREDENTIALS),
            "AWS_CONFIG_FILE": str(self.s3_folder / s3.CONFIG),
            "NIGHTREEL_STORE": self.store,
            "NIGHTREEL_SCHEDULER": self.scheduler,
            "NIGHTREEL_SCRATCH": str(self.scratch),
        }

    def refuse_taken_ports(self) -> None:
        """Raise :class:`render.errors.NightreelError` naming the first that is taken, and the option for another."""
        last_of = {"s3_port": self.s3_port + seaweed.PORTS - 1}
        owners: dict[int, str] = {}
        for name in (field.name for field in fields(self) if field.name.endswith("_port")):
            option = f"--{name.replace('_', '-')}"
            for port in range(getattr(self, name), last_of.get(name, getattr(self, name)) + 1):
                if port in owners:
                    raise errors.NightreelError(f"Port {port} cannot be both {owners[port]} and {option}.")
                owners[port] = option
                if seaweed.is_taken(port):
                    raise errors.NightreelError(f"Port {port} is taken. ARGS='{option} N' chooses another.")

    def note(self, run: Path) -> None:
        """Let :func:`found` find it."""
        new = run / f"{NOTE}.new"
        new.write_text(json.dumps(asdict(self), default=str))
        new.rename(run / NOTE)

    @classmethod
    def noted(cls, run: Path) -> Self:
        """What :meth:`note` has written."""
        known = json.loads((run / NOTE).read_text())
        return cls(**known | {"folder": Path(known["folder"])})


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that make a :class:`Plan`."""
    parser.add_argument("--folder", default=FOLDER, type=Path, help="For all that it keeps.")
    parser.add_argument("--workers", default=os.cpu_count() or 1, type=_count, help="Dask workers: one a core.")
    parser.add_argument("--airflow-port", default=8080, type=s3.port, help="Of Airflow's page and API.")
    parser.add_argument("--dask-port", default=8786, type=s3.port, help="The Dask scheduler's.")
    parser.add_argument("--dashboard-port", default=8787, type=s3.port, help="Of Dask's page.")
    parser.add_argument("--s3-port", default=8333, type=s3.port, help="S3 takes this one and the seven after it.")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1")
    return int(text)


def plan_of(given: argparse.Namespace) -> Plan:
    """What the options ask for."""
    options = {field.name: getattr(given, field.name) for field in fields(Plan)}
    return Plan(**options | {"folder": given.folder.resolve()})


def found(folder: Path) -> Plan | None:
    """The stack that is ready in this folder."""
    if not is_claimed(folder):
        return None
    try:
        return Plan.noted(folder / "run")
    except FileNotFoundError:
        return None
