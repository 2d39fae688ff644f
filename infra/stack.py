"""``make stack``: Airflow, Dask and S3 as real processes, started, kept alive and ended as one group.

Its data, logs and secrets stand in .nightreel/stack, which only this user can read.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from infra import postgres, ready, s3, seaweed
from infra.airflow_api import USER, password
from infra.airflow_home import Airflow, Database, environment, stop_on_signals
from infra.plan import DATABASE, Plan, add_options, found, plan_of
from infra.screen import Screen
from infra.supervised import Supervisor, claimed, run_folder, supervisor
from render import errors

POLL_SECONDS = 1.0
TASKS_AT_ONCE = 8
"""Of Airflow's. Each takes a process and waits; the work itself is Dask's."""
EXPORTS = "env"
"""Beside the sockets: a file for a shell to read, after which Airflow's and Nightreel's commands are this stack's."""
FORGET_OTHERS = r"unset AWS_PROFILE $(env | sed -nE 's/^((AWS_|AIRFLOW)[A-Za-z0-9_]*)=.*/\1/p')"
"""In a shell: unset all that leads AWS clients and Airflow elsewhere, and would count more than the stack's files."""


def main() -> int:
    """Run the stack until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser)
    plan = plan_of(parser.parse_args())
    stop_on_signals()
    screen = Screen()
    try:
        with running(plan, screen.say) as stack:
            screen.say(_told(plan))
            try:
                while stack.process.poll() is None:
                    stack.revive(screen.say)
                    time.sleep(POLL_SECONDS)
            except KeyboardInterrupt:
                screen.say("Ending the stack, part after part: where all take the time that they have, 2.5 minutes.")
                raise
            screen.say(f"supervisord ended by itself ({stack.process.returncode}); its log is in {plan.logs}.")
            return 1
    except KeyboardInterrupt:
        screen.say("The stack has ended. Its data are kept: `make stack` again goes on from there.")
        return 0
    except errors.NightreelError as error:
        screen.say(f"{error}")
        return error.exit_code


@contextmanager
def running(plan: Plan, say: Callable[[str], None]) -> Iterator[Supervisor]:
    """Start a stack and give it when all of its parts are ready; it ends with the block.

    Raises :class:`render.errors.NightreelError` if one is at work in the folder already, a port is taken, or a part
    does not come up.
    """
    os.umask(0o077)
    began = datetime.now(UTC)
    with _claimed(plan) as keep, run_folder(plan.folder) as run:
        plan.refuse_taken_ports()
        for folder in (plan.logs, plan.home, plan.s3_folder, plan.scratch):
            folder.mkdir(exist_ok=True)
        access = seaweed.environment(plan.s3_folder, plan.s3_port)
        s3.profile(plan.s3_folder, access)
        secret = password(plan.password_file)
        database, server = _database(plan, run)
        env = _environment(plan, run, database, server)
        with supervisor(run, plan.logs, env, keep=keep) as stack:
            stack.start("s3", "dask-scheduler", "dask-worker")
            with ready.Checks(plan, access=access, secret=secret, server=server, since=began) as checks:
                if server:
                    stack.start("postgres")
                    checks.await_("PostgreSQL", stack=stack, say=say)
                Airflow(plan.home, database, log="migrate.log").migrate(say)
                stack.start("api-server", "airflow")
                checks.await_(*checks.names, stack=stack, say=say)
            _write_exports(run / EXPORTS, plan, env)
            plan.note(run)
            yield stack


@contextmanager
def _claimed(plan: Plan) -> Iterator[int]:
    try:
        with claimed(plan.folder) as keep:
            yield keep
    except BlockingIOError as error:
        there = found(plan.folder)
        state = f"Airflow is at {there.airflow}" if there else "it starts, or ends"
        raise errors.NightreelError(
            f"A stack is at work in {os.path.relpath(plan.folder)} already: {state}. Ctrl-C in its terminal ends it."
        ) from error


def _database(plan: Plan, run: Path) -> tuple[Database, postgres.Postgres | None]:
    """Where Airflow's metadata are: what is given, else a PostgreSQL of its own, which it starts, else a file."""
    if given := os.environ.get(DATABASE):
        return Database(url=given), None
    server = postgres.found(plan.folder / "postgres", run)
    if server is None:
        return Database.sqlite(plan.home), None
    server.create()
    return server.database, server


def _environment(plan: Plan, run: Path, database: Database, server: postgres.Postgres | None) -> dict[str, str]:
    """What the parts find in theirs. Secrets are in files that it names, but for a database that was given."""
    inherited = {name: value for name, value in environment(plan.home, database).items() if not name.startswith("AWS_")}
    inherited.pop(DATABASE, None)
    return (
        inherited
        | plan.clients()
        | {
            "NIGHTREEL_WORKERS": str(plan.workers),
            "AIRFLOW__API__BASE_URL": plan.airflow,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(plan.airflow_port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{plan.airflow}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(TASKS_AT_ONCE),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(plan.password_file),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            # A scheduler that was killed is replaced at once; its tasks would be missed only after five minutes.
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
            # All parts share this machine's cores: an answer that takes longer than five seconds is no failure.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
            "STACK_AIRFLOW": str(Path(sys.executable).with_name("airflow")),
            "STACK_DASHBOARD_PORT": str(plan.dashboard_port),
            "STACK_FOLDER": str(plan.folder),
            "STACK_LOGS": str(plan.logs),
            "STACK_POSTGRES": str(server.server) if server else "",
            "STACK_PYTHON": sys.executable,
            "STACK_RUN": str(run),
            "STACK_S3_PORT": str(plan.s3_port),
        }
    )


def _write_exports(file: Path, plan: Plan, env: Mapping[str, str]) -> None:
    names = {name for name in env if name.startswith("AIRFLOW")} | plan.clients().keys()
    exports = [f"export {name}={shlex.quote(env[name])}" for name in sorted(names)]
    file.write_text("\n".join([FORGET_OTHERS, *exports, ""]))


def _told(plan: Plan) -> str:
    run = plan.folder / "run"
    exports, socket = shlex.quote(os.path.relpath(run / EXPORTS)), run.readlink() / "supervisor.sock"
    return f"""
Airflow   {plan.airflow}, user {USER}, password in {os.path.relpath(plan.password_file)}
Dask      {plan.dashboard}/status, scheduler {plan.scheduler}
S3        http://127.0.0.1:{plan.s3_port}, bucket {seaweed.BUCKET}, store {plan.store}
Logs      {os.path.relpath(plan.logs)}

Ctrl-C ends it all. In another shell:

make stack-demo    # renders the spring campaign on it
sh    # until `exit`, one more shell: what is read next replaces its variables of Airflow and AWS
. {exports}    # then these are about the stack, and so is each command of Airflow and Nightreel:
.venv/bin/nightreel status
.venv/bin/airflow dags list-runs nightly_render
.venv/bin/supervisorctl --serverurl unix://{socket} status    # and restart, stop, start, tail PART
"""


if __name__ == "__main__":
    sys.exit(main())
