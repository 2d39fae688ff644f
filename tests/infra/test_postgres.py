"""Airflow's metadata in PostgreSQL: in the stack's own, with an ordinary user's rights, and in one that is given."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest
from trial import PATIENCE, Trial, await_, plan, until

from infra import postgres, stack
from infra.airflow_home import Airflow, Database
from infra.plan import DATABASE
from infra.postgres import Postgres
from render import errors

ORDINARY = 65534
"""The system's user "nobody"."""


def test_postgres_is_taken_only_where_it_can_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not without its tools, and not as root."""
    for name in postgres.TOOLS:
        tool = tmp_path / name
        tool.touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert postgres.found(tmp_path, tmp_path) is None
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    server = postgres.found(tmp_path, tmp_path)
    assert server
    assert server.server == tmp_path / "postgres"
    (tmp_path / "initdb").unlink()
    assert postgres.found(tmp_path, tmp_path) is None


@pytest.mark.parametrize("given", ["", "postgresql+psycopg2://me:secret@there/airflow"])
def test_a_database_that_is_given_comes_first(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of the stack's own is not even made then; without either, there is a file."""
    wanted = plan(tmp_path)
    own = Postgres(folder=tmp_path / "postgres", sockets=tmp_path, server=tmp_path / "bin" / "postgres")
    monkeypatch.setattr(postgres, "found", lambda folder, sockets: own if given else None)
    monkeypatch.setenv(DATABASE, given)
    database, server = stack._database(wanted, tmp_path)
    assert server is None
    assert database == (Database(url=given) if given else Database.sqlite(wanted.home))
    env = stack._environment(wanted, tmp_path, database, server)
    assert [name for name in env if env[name] == database.url] == ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert env["STACK_POSTGRES"] == ""


@pytest.fixture(scope="module")
def tools() -> Path:
    """The folder of the machine's PostgreSQL, which Debian has off the path."""
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    whole = [folder for folder in folders if all((folder / name).exists() for name in postgres.TOOLS)]
    if not whole:
        pytest.skip("there is no PostgreSQL on this machine")
    return whole[-1]


@pytest.fixture(scope="module")
def through() -> list[str]:
    """What makes of root an ordinary user, who can read what root can."""
    if os.geteuid():
        return []
    command = [shutil.which("unshare") or "", "--user", f"--map-user={ORDINARY}", f"--map-group={ORDINARY}"]
    if command[0] and not subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        return command
    pytest.skip("PostgreSQL refuses to run as root, who may not become another user here")


def test_what_postgres_says_is_told_where_it_can_make_no_files(tools: Path, tmp_path: Path) -> None:
    """Root, whom it refuses, or somebody who may not write."""
    folder = tmp_path / "postgres"
    folder.mkdir(mode=0o500)
    with pytest.raises(errors.NightreelError, match=f"PostgreSQL could not make {folder / 'new'}: initdb: error: "):
        Postgres(folder=folder, sockets=tmp_path, server=tools / "postgres").create()
    assert not (folder / "data").exists()


@pytest.fixture(scope="module")
def own(
    tools: Path, through: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Trial, subprocess.Popen[str], Postgres]]:
    """A stack that has made Airflow's database in its own PostgreSQL, and goes on starting."""
    path = f"{Path(sys.executable).parent}:{tools}"
    trial = Trial(plan(tmp_path_factory.mktemp("postgres") / "a stack"), through=through, PATH=path)
    with trial.started() as process:
        trial.said = until(process, "S3: ready")
        run = (trial.plan.folder / "run").readlink()
        yield trial, process, Postgres(folder=trial.plan.folder / "postgres", sockets=run, server=tools / "postgres")


def url(server: Postgres, name: str) -> str:
    """Of a database for its user, as which the kernel shows root to those who are in root's place."""
    user = pwd.getpwuid(os.geteuid() or ORDINARY).pw_name
    return f"postgresql+psycopg2://{user}@/{name}?host={server.sockets}"


def asked(server: Postgres, sql: str, *, of: str = "postgres") -> set[object]:
    """The first column of what it answers."""
    connection = psycopg2.connect(url(server, of).replace("+psycopg2", ""))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return {row[0] for row in cursor.fetchall()} if cursor.description else set()
    finally:
        connection.close()


TABLES = "select tablename from pg_tables where schemaname = 'public'"


@pytest.mark.slow
def test_the_stack_keeps_airflow_s_metadata_in_a_postgres_of_its_own(
    own: tuple[Trial, subprocess.Popen[str], Postgres],
) -> None:
    """On a socket alone; killed, it comes back with what it held."""
    trial, _, server = own
    assert "PostgreSQL: ready" in trial.said
    assert not (trial.plan.home / "airflow.db").exists()
    assert {"alembic_version", "dag", "task_instance"} <= asked(server, TABLES)
    assert asked(server, "show listen_addresses") == {""}
    assert asked(server, "show server_encoding") == {"UTF8"}
    asked(server, "create table kept as select 7 as number")
    began = asked(server, "select pg_postmaster_start_time()")
    trial.kill("postgres -D")
    await_(lambda: server.fault() == "" and answers(server), lambda: f"it does not come back: {server.fault()}")
    assert asked(server, "select pg_postmaster_start_time()") != began
    assert asked(server, "select number from kept") == {7}


def answers(server: Postgres) -> bool:
    with suppress(psycopg2.OperationalError):
        return asked(server, "select 1") == {1}
    return False


@pytest.mark.slow
def test_airflow_s_tables_are_made_in_a_database_that_is_given(
    own: tuple[Trial, subprocess.Popen[str], Postgres], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In that, and in no file."""
    *_, server = own
    asked(server, "create database given")
    monkeypatch.setenv(DATABASE, url(server, "given"))
    wanted = plan(tmp_path)
    database, _ = stack._database(wanted, tmp_path)
    said: list[str] = []
    Airflow(wanted.home, database, log="migrate.log").migrate(said.append)
    assert said == ["Airflow's database: about half a minute"]
    assert {"alembic_version", "dag", "task_instance"} <= asked(server, TABLES, of="given")
    assert not list(wanted.home.rglob("*.db"))


@pytest.mark.slow
def test_postgres_ends_with_the_stack(own: tuple[Trial, subprocess.Popen[str], Postgres]) -> None:
    """Its data stay, and are not made anew."""
    trial, process, server = own
    assert server.fault() == ""
    trial.look()
    process.send_signal(signal.SIGTERM)
    text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, text
    trial.assert_nothing_is_left()
    assert server.fault()
    made = (server.folder / "data").stat().st_ino
    server.create()
    assert (server.folder / "data").stat().st_ino == made
