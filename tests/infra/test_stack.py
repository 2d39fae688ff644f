"""``make stack``: what it refuses, what it is made of, and the whole of it, started, hurt, used and ended."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from supervisor.xmlrpc import Faults, SupervisorTransport
from trial import AT_WORK, PARTS, PATIENCE, Trial, await_, options, plan

from infra import airflow_api, farm, seaweed, stack, stack_demo, supervised
from infra.airflow_api import Run
from infra.airflow_home import Database
from infra.plan import Plan, found
from render import errors
from render.store import batches, catalog, layout, receipts

CLIPS = 40
WITHIN_SECONDS = 30.0
"""After it is dropped a manifest has started its run."""


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


@pytest.mark.parametrize(
    "own",
    [
        "AWS_PROFILE",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AIRFLOW_CONFIG",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
        "AIRFLOW__CORE__FERNET_KEY",
    ],
)
def test_a_shell_that_reads_the_exports_speaks_to_this_stack(own: str, tmp_path: Path) -> None:
    """To its database, DAGs, store and scratch, whatever its folders are called and whatever led the shell elsewhere.

    The exports hold no secret of the parts'.
    """
    wanted = plan(tmp_path / "it's a stack")
    env = stack._environment(wanted, tmp_path, Database.sqlite(wanted.home), None)
    stack._write_exports(tmp_path / "env", wanted, env)
    command = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
    line = f". {shlex.quote(str(tmp_path / 'env'))}; exec {shlex.join(command)}"
    seen = json.loads(
        subprocess.run(
            ["/bin/sh", "-c", line],
            env={"PATH": os.defpath, "MINE": f"two lines,\n{own}=", own: "my own, with\nAWS_=two lines"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    assert seen["AIRFLOW_HOME"] == str(wanted.home)
    names = {"AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", *wanted.clients()}
    assert {name: seen[name] for name in names} == {name: env[name] for name in names}
    assert seen["NIGHTREEL_SCRATCH"] == str(wanted.scratch)
    assert {name for name in seen if name.startswith(("AWS_", "AIRFLOW"))} <= env.keys()
    assert own not in seen, "it counts more than the files of the stack"
    assert seen["MINE"].startswith("two lines")
    assert not any(name.startswith("STACK_") for name in seen)


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
    """A supervisord that restarts a part again and again, every so many seconds."""

    def __init__(self, log: Path, *, state: str = "RUNNING", every: int = 1) -> None:
        self._info = {"name": "s3", "group": "s3", "start": 0, "statename": state, "stdout_logfile": str(log)}
        self._every = every

    def getAllProcessInfo(self) -> list[dict[str, Any]]:
        self._info["start"] += self._every
        return [self._info | {"now": self._info["start"]}]


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


def test_a_part_that_dies_again_and_again_in_a_stack_that_is_ready_is_told_more_and_more_rarely(tmp_path: Path) -> None:
    """With its last words; one that died now and then is not."""
    log = tmp_path / "s3.log"
    log.write_text("no room\n")
    process: Any = None
    supervisor = supervised.Supervisor(process, tmp_path, Remote(log))
    said: list[str] = []
    for _ in range(supervised.RESTARTS - 1):
        supervisor.revive(said.append)
    assert said == []
    for _ in range(30):
        supervisor.revive(said.append)
    assert [text.split(":")[0] for text in said] == [f"Started {times} times" for times in (4, 8, 16, 32)]
    assert all("s3 does not stay up" in text and text.endswith("no room") for text in said)


def test_a_part_that_ends_now_and_then_is_no_news(tmp_path: Path) -> None:
    said: list[str] = []
    process: Any = None
    supervisor = supervised.Supervisor(process, tmp_path, Remote(tmp_path / "s3.log", every=1800))
    for _ in range(3 * supervised.RESTARTS):
        supervisor.revive(said.append)
    assert said == []


def test_a_part_whose_log_is_gone_does_not_end_the_others(tmp_path: Path) -> None:
    said: list[str] = []
    process: Any = None
    supervisor = supervised.Supervisor(process, tmp_path, Remote(tmp_path / "s3.log"))
    for _ in range(supervised.RESTARTS):
        supervisor.revive(said.append)
    assert len(said) == 1


def test_a_supervisord_that_is_ending_is_told_as_one_that_ended(tmp_path: Path) -> None:
    class Ending:
        def getAllProcessInfo(self) -> list[dict[str, Any]]:
            raise Fault(Faults.SHUTDOWN_STATE, "SHUTDOWN_STATE")

    process: Any = None
    with pytest.raises(errors.NightreelError, match="supervisord ended"):
        supervised.Supervisor(process, tmp_path, Ending()).revive(print)


def test_what_supervisord_has_given_up_is_started_again(tmp_path: Path) -> None:
    """By a real one, as soon as the part can be run; what somebody has stopped stays so."""
    (tmp_path / "supervisord.conf").write_text(SUPERVISORD.format(folder=tmp_path))
    command = [str(Path(sys.executable).with_name("supervisord")), "-c", str(tmp_path / "supervisord.conf")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    with ended(process), speaking_to(tmp_path / "socket") as remote:
        supervisor = supervised.Supervisor(process, tmp_path, remote)

        def states() -> dict[str, str]:
            return {info["name"]: info["statename"] for info in remote.getAllProcessInfo()}

        supervisor.start("of")
        await_(lambda: states() == {"late": "FATAL", "stopped": "RUNNING"}, lambda: f"{states()}")
        remote.stopProcess("of:stopped")
        supervisor.revive(print)
        await_(lambda: states()["late"] == "FATAL", lambda: f"{states()}")
        (tmp_path / "now").touch()
        supervisor.revive(print)
        await_(lambda: states() == {"late": "RUNNING", "stopped": "STOPPED"}, lambda: f"{states()}")


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def speaking_to(socket: Path) -> Iterator[Any]:
    await_(socket.exists, lambda: "supervisord does not come up")
    with ServerProxy("http://localhost", transport=SupervisorTransport(serverurl=f"unix://{socket}")) as proxy:
        yield proxy.supervisor


SUPERVISORD = """
[supervisord]
nodaemon=true
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
childlogdir={folder}
[unix_http_server]
file={folder}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[group:of]
programs=late,stopped
[program:late]
command=sh -c "test -e {folder}/now && exec sleep 60"
startretries=0
autostart=false
[program:stopped]
command=sleep 60
autostart=false
"""


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


def test_a_manifest_that_is_not_there_is_said_so_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack is started for it."""
    code, said = said_by(stack_demo.main, [str(tmp_path / "none.parquet"), f"--folder={tmp_path}"], monkeypatch)
    assert code == 2
    assert "none.parquet" in said
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Trial, subprocess.Popen[str]]]:
    """A stack that is ready, and the process that keeps it; the tests below share it, in their order."""
    if sys.platform != "linux":
        pytest.skip("the kernel's help is Linux's")
    folder = tmp_path_factory.mktemp("stack")
    trial = Trial(plan(folder / "a stack"), PYTHONPATH=str(package(folder / "packages")))
    with trial.started() as process:
        trial.await_ready(process)
        yield trial, process


def package(folder: Path) -> Path:
    """Somebody else's engine, as pip would install it: its sound ends halfway, which holds its clips."""
    about = folder / "half_sound-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: half-sound\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[nightreel.engines]\nhalf-sound = half_sound:HalfSound\n")
    (folder / "half_sound.py").write_text(
        """from dataclasses import replace

from render.engines.testcard import TestcardEngine


class HalfSound(TestcardEngine):
    capabilities = replace(TestcardEngine.capabilities, name="half-sound", revision="half-sound-1")

    def generate(self, jobs, *, cancel, progress):
        for footage in super().generate(jobs, cancel=cancel, progress=progress):
            yield replace(footage, finish=lambda whole=footage.finish: halved(whole()))


def halved(finish):
    return replace(finish, sound=finish.sound[: len(finish.sound) // 2])
"""
    )
    return folder


def manifest(file: Path, seeds: Iterable[int], *others: dict[str, Any], **columns: Any) -> Path:
    row = {"experiment": "cards", "variant": "a", "prompt": "A test card", "engine": "testcard", "seconds": 1.0}
    rows = [row | {"width": 64, "height": 64, "fps": 8} | columns | {"seed": seed} for seed in seeds]
    pq.write_table(pa.Table.from_pylist([*rows, *(row | other for other in others)]), file)
    return file


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_it_is_ready_heals_and_renders(
    whole: tuple[Trial, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is killed comes back, a dropped manifest starts a run within half a minute and becomes a report.

    While its clips are made, the schedulers of Airflow and of Dask and then a worker are killed; every row has its one
    end all the same.
    """
    trial, _ = whole
    assert f"Airflow   {trial.plan.airflow}" in trial.said
    trial.await_healed({trial.kill(name) for name in PARTS if name not in AT_WORK})
    healed = datetime.now(UTC)
    with trial.api() as api:
        await_(lambda: trial.polled(lambda: not api.asleep(healed)), lambda: "Airflow's parts do not come back")
    large = {"seconds": 4.0, "width": 640, "height": 360, "fps": 24}
    file = manifest(tmp_path / "cards.parquet", range(CLIPS), {"prompt": ""}, **large)
    demo = trial.command("infra.stack_demo", str(file))
    store = trial.store(monkeypatch)
    victims = set()
    for wanted, name in zip(range(3, CLIPS, 3), AT_WORK, strict=False):
        await_(lambda wanted=wanted: trial.made(store) >= wanted or demo.poll() is not None, lambda: "no clip is made")
        victims.add(trial.kill(name))
        assert trial.made(store) < CLIPS, "the batch was too short"
    text, _ = demo.communicate(timeout=PATIENCE)
    assert demo.returncode == 0, text
    assert "Dropped" in text
    assert f": {CLIPS} published, 1 rejected." in text
    ended = catalog.query(store, 'select "end", count(*) as n, count(distinct uri) as clips from results group by 1')
    assert sorted(map(tuple, (row.values() for row in ended.to_pylist()))) == [
        ("published", CLIPS, CLIPS),
        ("rejected", 1, 0),
    ]
    trial.await_healed(victims)
    [dropped] = [entry.modified for entry in store.entries(layout.INBOX)]
    with trial.api() as api:
        path = "/api/v2/dags/render_on_arrival/dagRuns"
        started = [run["start_date"] for run in api.ask("GET", path, params={"state": "success"})["dag_runs"]]
    waited = min(datetime.fromisoformat(start).timestamp() for start in started) - dropped
    assert 0 <= waited < WITHIN_SECONDS
    assert re.search(r"^Report: s3://.*index\.html$", text, re.MULTILINE)
    [bundle] = (trial.plan.folder / "reports").iterdir()
    assert zipfile.is_zipfile(bundle)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nights_are_made_up_for_by_backfills(
    whole: tuple[Trial, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dates that run at once share no manifest, and run again, each keeps its batch: nothing of it is made anew.

    A date that found nothing takes what has arrived since.
    """
    trial, _ = whole
    store, inbox = trial.store(monkeypatch), "nights"
    dates = [f"2026-11-0{day}T02:00:00Z" for day in (1, 2)]
    create = ".venv/bin/airflow backfill create --dag-id nightly_render --from-date 2026-11-01 --to-date 2026-11-03"
    conf = json.dumps({"inbox": store.uri(inbox)})

    def drop(name: str, *seeds: int) -> None:
        store.put_file(f"{inbox}/{name}", manifest(tmp_path / name, seeds))

    def taken() -> dict[str, list[str]]:
        found = [batches.load(store, one) for one in batches.list_ids(store)]
        assert len({one.run_key for one in found}) == len(found)
        return {one.run_key: [file.url for file in one.manifests] for one in found if one.run_key in dates}

    def rows() -> list[dict[str, Any]]:
        keys = ", ".join(f"'{date}'" for date in dates)
        sql = f"""select run_key, batch, seed, "end", uri from results where run_key in ({keys}) order by seed"""
        return catalog.query(store, sql).to_pylist()

    with trial.api() as api:

        def await_dates(since: datetime) -> None:
            """Until each of the runs is over, and has begun its intake after that moment."""
            seen: dict[str, Any] = {}

            def over() -> bool:
                found = [run for run in api.runs("nightly_render") if run.date in dates]
                for run in found:
                    intake = api.ask("GET", f"/api/v2/dags/{run.dag}/dagRuns/{run.id}/taskInstances/intake")
                    seen[run.id] = api.state(run), intake["start_date"]
                return len(found) == len(dates) and all(
                    state == "success" and datetime.fromisoformat(begun) > since for state, begun in seen.values()
                )

            await_(lambda: trial.polled(over), lambda: f"{seen}")

        def first_is_closed() -> bool:
            """That the runs of a backfill are over Airflow sees only twice a minute: so it is cancelled."""
            backfill = "/api/v2/backfills/1"
            return bool(api.ask("GET", backfill)["completed_at"] or api.ask("PUT", f"{backfill}/cancel"))

        drop("first.parquet", 100, 101)
        trial.shell(f"{create} --dag-run-conf {shlex.quote(conf)}")
        await_dates(datetime.min.replace(tzinfo=UTC))
        first, told, made = taken(), rows(), store.list(layout.CLIPS)
        assert list(first.values()) == [[store.uri(f"{inbox}/first.parquet")]]
        assert [(row["seed"], row["end"]) for row in told] == [(100, "published"), (101, "published")]

        drop("second.parquet", 102)
        await_(lambda: trial.polled(first_is_closed), lambda: "the backfill goes on")
        again, since = {"dag_id": "nightly_render", "from_date": dates[0], "to_date": dates[-1]}, datetime.now(UTC)
        trial.told(api, "POST", "backfills", json=again | {"reprocess_behavior": "completed"})
        await_dates(
            since
        )  # not by their tries: on SQLite a locked table may make Airflow put a new run in an old one's place
    [date] = taken().keys() - first.keys()
    assert taken() == first | {date: [store.uri(f"{inbox}/second.parquet")]}
    assert rows()[:2] == told
    assert [(row["run_key"], row["seed"], row["end"]) for row in rows()[2:]] == [(date, 102, "published")]
    assert [path.rpartition("/")[2] for path in set(store.list(layout.CLIPS)) - set(made)].count("clip.json") == 1
    assert set(made) <= set(store.list(layout.CLIPS))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_person_publishes_what_is_held_and_takes_one_clip_down(
    whole: tuple[Trial, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By requests to Airflow, as its page makes them: nothing is published before, nothing is left afterwards."""
    trial, _ = whole
    store = trial.store(monkeypatch)
    store.put_file("asked/held.parquet", manifest(tmp_path / "held.parquet", [200, 201], engine="half-sound"))

    def ends(batch: str) -> list[tuple[str, str]]:
        sql = f"""select "end", reason from requests where batch = '{batch}' order by row"""
        return [tuple(row.values()) for row in catalog.query(store, sql).to_pylist()]

    with trial.api() as api:

        def started(dag: str, **conf: Any) -> Run:
            told = trial.told(api, "POST", f"dags/{dag}/dagRuns", json={"logical_date": None, "conf": conf})
            return Run(dag=dag, id=told["dag_run_id"], date=None)

        def await_state(wanted: str, run: Run, task: str = "") -> None:
            def state() -> str | None:
                return api.task_state(run, task) if task else api.state(run)

            await_(lambda: trial.polled(lambda: state() in {wanted, "failed"}), lambda: f"{run} is not {wanted}")
            assert state() == wanted

        run = started("nightly_render", manifest=store.uri("asked/held.parquet"), approval=True)
        await_state("awaiting_input", run, "approval")
        required = api.ask("GET", "/api/v2/dags/~/dagRuns/~/hitlDetails", params={"state": "awaiting_input"})
        [question] = required["hitl_details"]
        [batch] = [one for one in batches.list_ids(store) if batches.load(store, one).run_key == run.id]
        assert question["subject"] == f"2 clips are held in batch {batch}"
        assert {end for end, _ in ends(batch)} == {"held"}

        def is_over() -> bool:
            """Whether the run is, having answered as often as it asks, which Airflow may do twice."""
            if api.task_state(run, "approval") == "awaiting_input":
                time.sleep(5.0)  # an earlier answer could be lost
                path = f"dags/{run.dag}/dagRuns/{run.id}/taskInstances/approval/-1/hitlDetails"
                answer = {"chosen_options": ["Publish all held"], "params_input": {"comment": "It is meant so"}}
                trial.told(api, "PATCH", path, json=answer)
            return api.state(run) in {"success", "failed"}

        await_(lambda: trial.polled(is_over), lambda: f"{run} does not end")
        states = {task: api.task_state(run, task) for task in ("approval", "review", "verdict")}
        assert states == dict.fromkeys(states, "success")
        assert [end for end, _ in ends(batch)] == ["published", "published"]
        assert all(reason.startswith('Approved by admin: "It is meant so".') for _, reason in ends(batch))

        clip, other = receipts.read(store, batch)["fingerprint"].to_pylist()
        assert store.list(layout.clip(clip))
        await_state("success", started("takedown", clips=[clip], reason="consent of Ada revoked"))
    assert store.list(layout.clip(clip)) == []
    assert store.list(layout.clip(other))
    assert [end for end, _ in ends(batch)] == ["withdrawn", "published"]
    sql = f"""select withdrawn_by, withdrawn_reason, now() - withdrawn_at < interval 1 hour from clips
        where fingerprint in ('{clip}', '{other}') order by fingerprint = '{other}'"""
    told = [tuple(row.values()) for row in catalog.query(store, sql).to_pylist()]
    assert told == [("admin", "consent of Ada revoked", True), (None, None, None)]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_it_ends_and_leaves_nothing(whole: tuple[Trial, subprocess.Popen[str]]) -> None:
    """By its signal, or killed; no secret is in its logs, and nobody else can read what a shell is to read."""
    trial, process = whole
    assert (trial.plan.folder / "run" / stack.EXPORTS).stat().st_mode & 0o777 == 0o600
    secrets = {airflow_api.password(trial.plan.password_file), seaweed.credentials(trial.plan.s3_folder)[1]}
    logs = list(trial.plan.folder.rglob("*.log"))
    assert logs
    for text in (trial.said, *(log.read_text(errors="replace") for log in logs)):
        assert not [secret for secret in secrets if secret in text]
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
