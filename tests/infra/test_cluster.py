"""Dask's scheduler and a worker, really started by the commands of the cluster's manifests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import manifests
import pytest
from distributed import Client

from render.farm import cluster
from render.farm.dispatch import offered

pytestmark = pytest.mark.slow

NAME = "nightreel-default-worker-1"
SECONDS = 60


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def started(arguments: list[str], env: dict[str, str], log: Path) -> Iterator[None]:
    """A command of Dask in a process group of its own, which ends with the block."""
    program = str(Path(sys.executable).with_name("dask"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, *arguments[1:]], env=env, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)


def loggers(log: Path) -> set[str]:
    """The loggers of the lines that are JSON."""
    return {json.loads(line)["logger"] for line in log.read_text().splitlines() if line.startswith("{")}


def test_the_commands_start_a_worker_that_offers_what_it_is_told_to(tmp_path: Path) -> None:
    """Every option is one that Dask has; both answer their probes; the worker has its name, resources and settings.

    The log of all three processes, once they have read the settings, is JSON.
    """
    (tmp_path / "dask").mkdir()
    shutil.copy(manifests.ROOT / "infra/dask.yaml", tmp_path / "dask/nightreel.yaml")
    ports = dict(zip(("8786", "8787", "9000", "9001", "8788"), map(str, free_ports(5)), strict=True))
    env = {name: value for name, value in os.environ.items() if name not in cluster.ENVIRONMENT}
    env |= {"DASK_CONFIG": str(tmp_path / "dask"), "DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{ports['8786']}"}
    env["NIGHTREEL_LOG_FORMAT"] = manifests.env("base/settings.env")["NIGHTREEL_LOG_FORMAT"]

    def here(pod: str) -> list[str]:
        """The pod's command, with this machine's names, ports and folders."""
        told = "\n".join(manifests.pods()[pod]["spec"]["containers"][0]["args"])
        for there, port in ports.items():
            told = told.replace(there, port)
        for there, place in {"0.0.0.0": "127.0.0.1", "\n:": "\n127.0.0.1:", "=:": "=127.0.0.1:"}.items():
            told = told.replace(there, place)
        return told.replace("$(DASK_WORKER_NAME)", NAME).replace("/scratch", str(tmp_path)).split("\n")

    scheduler_log, worker_log = tmp_path / "scheduler.log", tmp_path / "worker.log"
    scheduler_url = f"http://127.0.0.1:{ports['8787']}"
    with started(here("scheduler"), env, scheduler_log):
        wait_for(f"{scheduler_url}/health", scheduler_log)
        with (
            started([*here("worker"), "--host", "127.0.0.1"], env, worker_log),
            Client(env["DASK_SCHEDULER_ADDRESS"], set_as_default=False, timeout=SECONDS) as client,
        ):
            client.wait_for_workers(1, timeout=SECONDS)
            wait_for(f"http://127.0.0.1:{ports['8788']}/health", worker_log)
            (worker,) = client.scheduler_info()["workers"].values()
            assert (worker["name"], worker["nthreads"]) == (NAME, 1)
            assert worker["resources"]["MEMORY"] == worker["memory_limit"]
            assert offered({"MEMORY": 2**30}, [worker["resources"]])
            for name, value in cluster.ENVIRONMENT.items():
                assert list(client.run(os.getenv, name).values()) == [value]
            with urllib.request.urlopen(f"{scheduler_url}/api/v1/adaptive_target", timeout=5) as answer:
                assert b"workers" in answer.read()
    assert "distributed.scheduler" in loggers(scheduler_log)
    assert {"distributed.nanny", "distributed.worker"} <= loggers(worker_log)
