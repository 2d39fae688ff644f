"""PostgreSQL for the stack's Airflow, from the machine's own packages: in a folder, on a socket, with no port."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.airflow_home import Database
from render import errors

TOOLS = ("initdb", "postgres", "pg_isready")


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """The server of ``folder/data``, which listens on a socket in ``sockets``."""

    folder: Path
    sockets: Path
    server: Path
    """The command ``postgres``."""

    @property
    def database(self) -> Database:
        """Where Airflow finds it; the user is the one of the operating system."""
        return Database(url=f"postgresql+psycopg2:///postgres?host={self.sockets}", place=self._data)

    def create(self) -> None:
        """Make its files, unless they are there.

        Raises :class:`render.errors.NightreelError` with what PostgreSQL says if it cannot.
        """
        if self._data.exists():
            return
        new = self.folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        self.folder.mkdir(exist_ok=True)
        options = ("--auth-local=peer", "--auth-host=reject", "--encoding=UTF8", "--no-locale")
        done = subprocess.run(
            [self.server.with_name("initdb"), f"--pgdata={new}", *options], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise errors.NightreelError(f"PostgreSQL could not make {new}: {done.stderr.strip()}")
        new.rename(self._data)

    def fault(self) -> str:
        """Why it cannot be asked anything yet; empty if it can."""
        done = subprocess.run(
            [self.server.with_name("pg_isready"), f"--host={self.sockets}"], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode else ""

    @property
    def _data(self) -> Path:
        return self.folder / "data"


def found(folder: Path, sockets: Path) -> Postgres | None:
    """The server that this machine can run; None without its tools on the path, and as root, which it refuses to be."""
    server = shutil.which("postgres")
    if server is None or os.geteuid() == 0:
        return None
    tools = Path(server).resolve()
    if not all(tools.with_name(name).exists() for name in TOOLS):
        return None
    return Postgres(folder=folder, sockets=sockets, server=tools)
