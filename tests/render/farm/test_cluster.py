import json
import multiprocessing
import os
import re
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import distributed
import pytest
import torch
from distributed.process import AsyncProcess

from render import errors
from render.cli import probes
from render.farm import cluster
from render.farm.survey import Asker

pytestmark = pytest.mark.slow


def pid_of(home: Path) -> int:
    return json.loads((home / "cluster.json").read_text())["pid"]


def wait_for_end(pid: int) -> None:
    """Wait for a process that need not be our child."""
    with suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        select.select([process], [], [])
        os.close(process)


def environment() -> dict[str, str]:
    return {name: os.environ.get(name, "") for name in cluster.ENVIRONMENT}


def listening(pid: int) -> list[str]:
    """Local addresses, in the kernel's hexadecimal, on which a process listens."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            sockets.add(link.readlink().name)
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    return [line[1].partition(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets]


def running(text: str) -> list[str]:
    """Command lines of processes, zombies apart, that name ``text``."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def test_a_local_farm_is_one_thread_a_process_on_loopback_and_leaves_nothing(settings):
    before = dict(os.environ)
    killed = settings.scratch / "nightreel-here-1-killed00"
    with cluster.local(settings) as address, cluster.connect(address) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        assert [entry["nthreads"] for entry in workers.values()] == [1] * settings.workers
        assert all(entry["resources"]["MEMORY"] == entry["memory_limit"] > 0 for entry in workers.values())
        assert list(client.run(environment).values()) == [cluster.ENVIRONMENT] * settings.workers
        pids = [os.getpid(), *client.run(os.getpid).values()]
        assert {address for pid in pids for address in listening(pid)} == {"0100007F"}
        assert set(client.run(signal.getsignal, signal.SIGINT).values()) == {signal.SIG_IGN}
        blocked = client.run(signal.pthread_sigmask, signal.SIG_BLOCK, [])  # before a worker can ignore it
        assert all(signal.SIGINT in mask for mask in blocked.values())
        killed.mkdir()
    assert multiprocessing.active_children() == []
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert dict(os.environ) == before
    assert not killed.exists()


def test_a_farm_that_is_interrupted_while_it_starts_leaves_nothing(settings, monkeypatch):
    class Interrupted(distributed.SpecCluster):
        async def _start(self):
            os.kill(os.getpid(), signal.SIGINT)
            await super()._start()

    monkeypatch.setattr(distributed, "SpecCluster", Interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        with pytest.raises(KeyboardInterrupt), cluster.local(settings):
            pytest.fail("it went on as if nothing had happened")
        assert multiprocessing.active_children() == []
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_worker_that_is_killed_while_it_starts_is_started_again(settings, monkeypatch):
    """A farm has all its workers in the end, whatever befalls them meanwhile."""
    start = AsyncProcess.start
    killed = []

    async def start_and_kill(process):
        await start(process)
        if not killed:
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)

    monkeypatch.setattr(AsyncProcess, "start", start_and_kill)
    settings = settings.model_copy(update={"workers": 1})
    with cluster.local(settings) as address, cluster.connect(address) as client:
        assert killed
        [pid] = client.run(os.getpid).values()
        assert pid != killed[0]


@pytest.mark.parametrize(("workers", "devices"), [(2, ["0", "1"]), (5, ["0", "1", "2", "", ""])])
def test_a_farm_has_as_many_workers_as_are_asked_for_on_a_machine_of_three_gpus(monkeypatch, workers, devices):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(Path, "exists", lambda path: path.name == "nvidiactl")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert cluster._gpus(workers) == devices


def test_a_detached_farm_is_found_again_and_stopped(settings, tmp_path):
    home = tmp_path / "home"
    address = cluster.spawn(settings, home)
    try:
        assert cluster.spawn(settings, home) == address
        with cluster.connect(address) as client:
            assert len(client.scheduler_info(n_workers=-1)["workers"]) == settings.workers
    finally:
        cluster.stop(address)
    cluster.stop(address)
    assert running(str(home)) == []
    with pytest.raises(errors.SchedulerAway):
        cluster.connect(address)


def test_a_connection_of_airflow_is_no_address(settings):
    """What Airflow's tasks are given by the same setting; doctor and whoever watches a batch say it, too."""
    told = "'dask_default' is no address.*tcp://HOST:PORT.*for Airflow"
    with pytest.raises(errors.SchedulerAway, match=told):
        cluster.connect("dask_default")
    with Asker("dask_default") as asker, pytest.raises(errors.SchedulerAway, match=told):
        asker.ask("a batch", "file:///store")
    (finding,) = probes.PROBES["scheduler"](settings.model_copy(update={"scheduler": "dask_default"}))
    assert re.search(told, finding.found)


def test_a_detached_farm_ends_with_its_owner(settings, tmp_path):
    settings = settings.model_copy(update={"workers": 1})
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        cluster.spawn(settings, tmp_path / "home", owner=owner.pid)
        pid = pid_of(tmp_path / "home")
        owner.communicate(b"\n")
    wait_for_end(pid)


def test_a_detached_farm_without_work_ends_by_itself(settings, tmp_path):
    """Whoever only watches does not keep it."""
    settings = settings.model_copy(update={"workers": 1})
    home = settings.scratch / cluster.FARMS / "nightly"
    address = cluster.spawn(settings, home, idle_seconds=5.0)
    pid = pid_of(home)
    assert cluster.living(settings.scratch) == [address]
    with Asker(address) as asker:
        assert not asker.ask("b", settings.store).knows
        wait_for_end(pid)
    assert cluster.living(settings.scratch) == []


def test_a_farm_that_cannot_start_says_why(settings, tmp_path):
    (tmp_path / "scratch").write_text("in the way")
    with pytest.raises(errors.StoreError, match="Its last words"):
        cluster.spawn(settings, tmp_path / "home")
