"""``make stack``: what it refuses, what it is made of, and the whole of it, started, hurt, used and ended."""

from __future__ import annotations

import configparser
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from supervisor.xmlrpc import Faults

from infra import airflow_api, farm, postgres, seaweed, stack, stack_demo, supervised
from infra.airflow_home import ROOT, Database
from infra.plan import Plan, found
from render import errors
from render.store import catalog, layout
from render.store.objects import ObjectStore, open_store

AT_WORK = ("airflow scheduler", "infra.farm scheduler", "infra.farm worker")
"""What is killed while a batch is rendered, in this order."""
PARTS = (*AT_WORK, "weed -logdir", *(f"airflow {part}" for part in ("api_server", "triggerer", "dag-processor")))
"""How the processes of each part call themselves once they are at work."""
CLIPS = 40
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


def said_by(main: Callable[[], int], arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code of a command that is refused in this process, and what it says."""
    said: list[str] = []
    monkeypatch.setattr(sys, "argv", ["command", *arguments])
    for module in (stack, stack_demo):
        monkeypatch.setattr(module, "stop_on_signals", lambda: None)
        monkeypatch.setattr(module, "Screen", lambda: SimpleNamespace(say=said.append))
    monkeypatch.setattr(os, "umask", lambda _: 0)
    return main(), "\n".join(said)


@pytest.mark.parametrize("name", ["airflow_port", "dask_port", "dashboard_port", "s3_port"])
def test_a_port_that_is_taken_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the option that chooses another."""
    wanted = plan(tmp_path)
    port = getattr(wanted, name)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, said = said_by(stack.main, options(wanted), monkeypatch)
    assert code == 1
    assert f"Port {port} is taken. ARGS='--{name.replace('_', '-')} N'" in said


def test_ports_that_overlap_are_refused(tmp_path: Path) -> None:
    """S3 takes eight, and none of them can be Airflow's too."""
    wanted = plan(tmp_path)
    both = Plan(**{**wanted.__dict__, "airflow_port": wanted.s3_port + 7})
    with pytest.raises(errors.NightreelError, match="--airflow-port and --s3-port"):
        both.refuse_taken_ports()


@pytest.mark.parametrize("option", ["--workers=0", "--workers=two", "--airflow-port=0"])
def test_numbers_that_make_no_sense_are_refused(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""
    with pytest.raises(SystemExit, match="2"):
        said_by(stack.main, [option], monkeypatch)


def test_its_help_shows_what_it_takes_unless_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stack", "--help"])
    with pytest.raises(SystemExit):
        stack.main()
    assert "(default: 8787)" in " ".join(capsys.readouterr().out.split())


def test_a_second_stack_says_where_the_first_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends at once, whether the first one is ready or still starts."""
    first = plan(tmp_path)
    with supervised.claimed(tmp_path), supervised.run_folder(tmp_path) as run:
        code, said = said_by(stack.main, options(first), monkeypatch)
        assert code == 1
        assert "already: it starts, or ends" in said
        assert found(tmp_path) is None
        first.note(run)
        code, said = said_by(stack.main, options(plan(tmp_path)), monkeypatch)
        assert code == 1
        assert f"already: Airflow is at {first.airflow}" in said
        assert found(tmp_path) == first
    assert found(tmp_path) is None


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """Its folder of sockets, and the note that would lead others to it."""
    context = supervised.run_folder(tmp_path)
    killed = context.__enter__()
    with supervised.run_folder(tmp_path) as run:
        assert not killed.exists()
        assert (tmp_path / "run").readlink() == run
    assert not run.exists()
    assert not (tmp_path / "run").is_symlink()


def test_the_password_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    """A start that was killed while it made it does no harm."""
    file = tmp_path / "password.json"
    file.with_suffix(".new").write_text("half")
    assert airflow_api.password(file) == airflow_api.password(file)
    assert file.stat().st_mode & 0o077 == 0


def test_no_secret_is_in_the_environment_of_the_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They find S3's in files, whatever the user's own environment says."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's own")
    wanted = plan(tmp_path)
    env = stack._environment(wanted, tmp_path, Database.sqlite(wanted.home), None)
    assert {name for name in env if name.startswith("AWS_")} == {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"}
    assert env["NIGHTREEL_SCHEDULER"] == wanted.scheduler
    assert env["NIGHTREEL_STORE"].startswith("s3://")


def test_a_member_of_the_farm_must_know_where_its_scheduler_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says which setting is missing."""
    monkeypatch.delenv("NIGHTREEL_SCHEDULER", raising=False)
    monkeypatch.setattr(sys, "argv", ["farm", "worker", "0"])
    with pytest.raises(SystemExit, match="2"):
        farm.main()
    assert "NIGHTREEL_SCHEDULER" in capsys.readouterr().err


def test_every_part_is_kept_alive_on_a_tether(tmp_path: Path) -> None:
    """Each is started in its order, restarted whatever its exit code, and has a log; all variables are given."""
    text = supervised.CONFIGURATION.read_text()
    parts = configparser.RawConfigParser()
    parts.read_string(text)
    programs = {name: parts[name] for name in parts.sections() if name.startswith("program:")}
    assert len(programs) == 8
    for program in programs.values():
        assert " -m infra.tether " in program["command"]
        assert program["autostart"] == "false"
        assert program["autorestart"] == "true"
        assert program["stdout_logfile"].startswith("%(ENV_STACK_LOGS)s/")
        grace = int(program["command"].split(" -m infra.tether ")[1].split()[0])
        assert int(program["stopwaitsecs"]) > grace + 5
    wanted = plan(tmp_path)
    assert set(re.findall(r"%\(ENV_(\w+)\)s", text)) <= set(
        stack._environment(wanted, tmp_path, Database.sqlite(wanted.home), None)
    )


class Remote:
    """A supervisord that restarts a part again and again."""

    def __init__(self, log: Path, *, state: str = "RUNNING") -> None:
        self._info = {"name": "s3", "start": 0, "statename": state, "stdout_logfile": str(log)}

    def getAllProcessInfo(self) -> list[dict[str, Any]]:
        self._info["start"] += 1
        return [self._info]


@pytest.mark.parametrize(("state", "checks"), [("RUNNING", supervised.RESTARTS - 1), ("FATAL", 0)])
def test_a_part_that_does_not_stay_up_is_told_with_its_last_words(tmp_path: Path, state: str, checks: int) -> None:
    """So a stack that cannot come up says why."""
    log = tmp_path / "s3.log"
    log.write_text("no room\n")
    process: Any = None
    supervisor = supervised.Supervisor(process, tmp_path, Remote(log, state=state))
    for _ in range(checks):
        supervisor.check()
    with pytest.raises(errors.NightreelError, match=r"s3 does not stay up.*\nno room"):
        supervisor.check()


def test_a_part_whose_command_cannot_be_run_is_told(tmp_path: Path) -> None:
    """A stack does not wait for what cannot come."""
    result = {"name": "postgres", "status": Faults.NOT_EXECUTABLE, "description": "NOT_EXECUTABLE"}
    remote = SimpleNamespace(startProcessGroup=lambda name, wait: [result])
    process: Any = None
    with pytest.raises(errors.NightreelError, match="postgres cannot be started: NOT_EXECUTABLE"):
        supervised.Supervisor(process, tmp_path, remote).start("postgres")


def test_a_supervisor_that_is_gone_is_told(tmp_path: Path) -> None:
    """Where its log is, too."""

    def refuse() -> None:
        raise ConnectionRefusedError

    process: Any = None
    with pytest.raises(errors.NightreelError, match=f"supervisord ended.*{tmp_path}"):
        supervised.Supervisor(process, tmp_path, SimpleNamespace(getAllProcessInfo=refuse)).check()


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


def test_a_manifest_that_is_not_there_is_said_so_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack is started for it."""
    code, said = said_by(stack_demo.main, [str(tmp_path / "none.parquet"), f"--folder={tmp_path}"], monkeypatch)
    assert code == 2
    assert "none.parquet" in said
    assert list(tmp_path.iterdir()) == []


class Trial:
    """A stack in a folder, without the machine's PostgreSQL, and all the processes that were ever seen of it."""

    def __init__(self, wanted: Plan) -> None:
        self.plan = wanted
        self.seen: set[psutil.Process] = set()
        others = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "NIGHTREEL"))}
        self._env = others | {"PATH": str(Path(sys.executable).parent)}

    def command(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "-m", module, *arguments, *options(self.plan)],
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


def manifest(folder: Path) -> Path:
    row = {"experiment": "cards", "variant": "a", "prompt": "A test card", "engine": "testcard", "seconds": 4.0}
    rows = [row | {"width": 640, "height": 360, "seed": seed} for seed in range(CLIPS)]
    pq.write_table(pa.Table.from_pylist([*rows, row | {"prompt": ""}]), folder / "cards.parquet")
    return folder / "cards.parquet"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_it_is_ready_heals_renders_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole: what is killed comes back, a dropped manifest becomes a report, all of it ends.

    While its clips are made, the schedulers of Airflow and of Dask and then a worker are killed; every row has its one
    end all the same.
    """
    trial = Trial(plan(tmp_path / "a stack"))
    with trial.started() as process:
        said = until(process, "supervisorctl")
        assert f"Airflow   {trial.plan.airflow}" in said
        secret = airflow_api.password(trial.plan.password_file)
        assert secret not in said

        trial.await_healed({trial.kill(name) for name in PARTS if name not in AT_WORK})
        demo = trial.command("infra.stack_demo", str(manifest(tmp_path)))
        store = trial.store(monkeypatch)
        victims = set()
        for wanted, name in zip(range(3, CLIPS, 3), AT_WORK, strict=False):
            await_(
                lambda wanted=wanted: trial.made(store) >= wanted or demo.poll() is not None, lambda: "no clip is made"
            )
            victims.add(trial.kill(name))
            assert trial.made(store) < CLIPS, "the batch was too short"
        text, _ = demo.communicate(timeout=PATIENCE)
        assert demo.returncode == 0, text
        assert "Dropped" in text
        assert f": {CLIPS} published, 1 rejected." in text
        ended = catalog.query(
            store, 'select "end", count(*) as n, count(distinct uri) as clips from results group by 1'
        )
        assert sorted(map(tuple, (row.values() for row in ended.to_pylist()))) == [
            ("published", CLIPS, CLIPS),
            ("rejected", 1, 0),
        ]
        trial.await_healed(victims)
        assert re.search(r"^Report: s3://.*index\.html$", text, re.MULTILINE)
        [bundle] = (trial.plan.folder / "reports").iterdir()
        assert zipfile.is_zipfile(bundle)

        for log in trial.plan.folder.rglob("*.log"):
            assert secret not in log.read_text(errors="replace"), log
        process.send_signal(signal.SIGTERM)
        text, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, text
        assert "`make stack` again" in text
        trial.assert_nothing_is_left()

    for victim in ("infra.stack", "supervisord"):
        with trial.started() as process:
            await_(lambda: trial.of("airflow scheduler") and trial.of("infra.s3"), lambda: "it does not start")
            time.sleep(1.0)
            trial.look()
            os.kill(trial.of(victim)[0], signal.SIGKILL)
            process.communicate(timeout=PATIENCE)
            trial.assert_nothing_is_left()
