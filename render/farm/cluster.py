"""A farm on this machine: for the length of a run, or detached so that the tasks of an Airflow run share it.

One single-threaded process a core, on loopback only. A worker that dies is started again.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from render import errors, scratch
from render.farm import process
from render.farm.access import OPEN, Access
from render.settings import Settings, load
from render.telemetry import logs

if TYPE_CHECKING:
    from distributed import Client, Scheduler, SpecCluster

ENVIRONMENT = {
    # Dask's nanny sets a trim threshold of 64 KiB, with which each frame-sized array is mapped and faulted anew:
    # a clip then takes five times as long.
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
    "MALLOC_MMAP_THRESHOLD_": str(2**26),
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}
"""What a worker process must find in its environment when it starts; operators of their own Dask set the same."""

CONFIGURATION = {
    "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
    # A worker that is not back within this time would be given up for good, and poison jobs make it miss that.
    "distributed.deploy.lost-worker-timeout": "30 days",
    # Dask's statistical profiler wakes up a hundred times a second in every worker; nobody looks at what it finds.
    "distributed.worker.profile.enabled": False,
    # Clips take seconds: what Dask measures of itself many times a second takes time from them.
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "500ms",
    "distributed.scheduler.active-memory-manager.start": False,
    # A group whose worker died comes back at once, and its jobs are tried one by one.
    "distributed.scheduler.allowed-failures": 0,
    # A worker is given one group at a time: what is more urgent than the next one may come meanwhile.
    "distributed.scheduler.worker-saturation": 1.0,
}

LOOPBACK: dict[str, Any] = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
"""Without an address of its own the HTTP side would listen on every interface, at Dask's well-known port."""

PRELOAD = "render.farm.worker"
"""The module that a worker loads at its start; operators give it as ``dask worker --preload``."""

FARMS = "farms"
"""Folder of the scratch directory in which detached farms have their homes."""
WATCHER = "watcher"
"""Names the clients that only look: a farm does not go on for their sake."""

START_SECONDS = 120.0
STOP_SECONDS = 60.0
IDLE_SECONDS = 15 * 60.0


@contextmanager
def local(settings: Settings) -> Iterator[str]:
    """Start a farm of ``settings.workers`` processes and give its scheduler's address; it ends with the block.

    Raises :class:`render.errors.StoreError` when it cannot start.
    """
    with _cluster(settings) as cluster, scratch.private(settings.scratch, FARMS) as home:
        _record(home, cluster.scheduler_address)
        yield cluster.scheduler_address


def living(root: Path) -> list[str]:
    """Addresses of the farms of this machine that live with ``root`` as their scratch directory, the newest first."""
    homes = [file.parent for pattern in (f"*/{FARMS}-*", f"{FARMS}/*") for file in root.glob(f"{pattern}/{_FILE}")]
    found = []
    for home in homes:
        with suppress(OSError, ValueError):  # it has just ended
            found.append((_file(home).stat().st_mtime, _living(home)))
    return [address for _, address in sorted(found, reverse=True, key=lambda one: one[0]) if address]


def connect(address: str, *, seconds: float = 30.0, access: Access = OPEN, name: str | None = None) -> Client:
    """A client of the scheduler at ``address``, to be used as a context manager.

    Raises :class:`render.errors.SchedulerAway` if none answers within that time, at once if nobody listens there or it
    is no address, and :class:`render.errors.InputError` if ``access`` names a file that is not there.
    """
    from distributed import Client

    if ":" not in address:
        raise errors.SchedulerAway(
            f"{address!r} is no address of a Dask scheduler. Give tcp://HOST:PORT by --scheduler or "
            "NIGHTREEL_SCHEDULER; the ids of connections are for Airflow alone."
        )
    security = access.security(address)
    try:
        place = urlsplit(address)
        if place.hostname and place.port:  # Dask itself would try a refused connection again and again
            socket.create_connection((place.hostname, place.port), timeout=seconds).close()
        return Client(address, timeout=seconds, set_as_default=False, name=name, security=security)
    except (OSError, ValueError) as error:
        raise errors.SchedulerAway(
            f"No Dask scheduler answers at {address!r}: {error}. "
            "Start one with `dask scheduler`, or leave --scheduler out to use this machine."
        ) from error


def spawn(settings: Settings, home: Path, *, owner: int | None = None, idle_seconds: float = IDLE_SECONDS) -> str:
    """Start a farm that outlives this process, or find the one that lives in ``home``; give its address.

    It ends by :func:`stop`, after ``idle_seconds`` without client and task, or when process ``owner`` is gone.
    Its address is in ``home/cluster.json``, what it says in ``home/cluster.log``.
    Raises :class:`render.errors.StoreError` when it cannot start.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if address := _living(home):
            return address
        _file(home).unlink(missing_ok=True)
        command = [sys.executable, "-m", "render.farm.cluster", "--home", str(home.absolute())]
        command += ["--workers", str(settings.workers), "--scratch", str(settings.scratch.absolute())]
        command += ["--idle-seconds", str(idle_seconds), "--stall-seconds", str(settings.stall_seconds)]
        if owner is not None:
            command += ["--owner", str(owner)]
        with (
            (home / "cluster.log").open("wb") as log,
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            ) as child,
        ):
            assert child.stdout is not None
            ready, _, _ = select.select([child.stdout], [], [], START_SECONDS)
            if ready and (address := child.stdout.readline().decode().strip()):
                return address
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        last = (home / "cluster.log").read_text(errors="replace")[-2000:]
        raise errors.StoreError(f"The farm did not start within {START_SECONDS:g} s. Its last words:\n{last}")


def stop(address: str) -> None:
    """End a detached farm of this machine and wait until it is gone; does nothing if it is gone already.

    Raises :class:`render.errors.StoreError` if it does not end.
    """
    try:
        with connect(address) as client:
            pid = client.run_on_scheduler(_end_this_process)
    except errors.SchedulerAway:
        return
    deadline = time.monotonic() + STOP_SECONDS
    while process.start_time(pid) is not None:
        if time.monotonic() > deadline:
            raise errors.StoreError(f"The farm at {address} does not end; end its process {pid} yourself.")
        time.sleep(0.05)


def configuration(settings: Settings) -> dict[str, Any]:
    """Dask's configuration in the process of a scheduler, and in that of a worker's keeper."""
    # A process that is stopped cannot end itself, as one that hangs does: it is the scheduler that misses it.
    return CONFIGURATION | {"distributed.scheduler.worker-ttl": f"{settings.stall_seconds} s"}


def worker_options(settings: Settings) -> list[dict[str, Any]]:
    """For each worker of this machine what its :class:`render.farm.nanny.Keeper` is given."""
    from distributed.system import MEMORY_LIMIT

    memory = MEMORY_LIMIT // settings.workers
    common = LOOPBACK | {
        "nthreads": 1,
        "memory_limit": memory,
        "local_directory": str(settings.scratch.absolute()),
        "preload": [PRELOAD],
    }
    return [
        common | {"env": {"CUDA_VISIBLE_DEVICES": gpu}, "resources": {"MEMORY": memory} | ({"GPU": 1} if gpu else {})}
        for gpu in _gpus(settings.workers)
    ]


@contextmanager
def _cluster(settings: Settings) -> Iterator[SpecCluster]:
    import dask.config
    from distributed import Scheduler, SpecCluster

    from render.farm.nanny import Keeper

    quiet = {"silence_logs": logging.CRITICAL}
    scheduler = {"cls": Scheduler, "options": {**LOOPBACK, "port": 0}}
    settings.scratch.mkdir(parents=True, exist_ok=True)
    workers = {
        number: {"cls": Keeper, "options": options | quiet} for number, options in enumerate(worker_options(settings))
    }
    touched = (*ENVIRONMENT, "PYTHONHASHSEED", "__DASK_PARENT_PID")  # by us, and by Dask for the workers' sake
    before = {name: os.environ[name] for name in touched if name in os.environ}
    os.environ.update(ENVIRONMENT)  # the environment outranks Dask's configuration
    try:
        with dask.config.set(configuration(settings)), _loop() as loop, ExitStack() as stack:
            with _not_half_started():
                cluster = stack.enter_context(SpecCluster(scheduler=scheduler, workers=workers, loop=loop, **quiet))
            yield cluster
    finally:
        for name in touched:
            os.environ.pop(name, None)
        os.environ.update(before)
        scratch.sweep(settings.scratch)


@contextmanager
def _loop() -> Iterator[Any]:
    """An event loop in a thread of its own, from which worker processes start deaf to Ctrl-C.

    A terminal sends it to them too, and :func:`render.farm.worker.dask_setup` comes too late for one that starts.
    """
    from multiprocessing import resource_tracker

    from distributed.utils import LoopRunner

    resource_tracker.ensure_running()  # else the first process starts it, and hears again
    runner = LoopRunner()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # threads and processes inherit it
    try:
        runner.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield runner.loop
    finally:
        runner.stop()


@contextmanager
def _not_half_started() -> Iterator[None]:
    """Put a KeyboardInterrupt off to the end of the block: Dask cannot close a cluster that has half started."""
    stopped = False

    def later(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        try:
            handlers[number](number, frame)
        except KeyboardInterrupt:
            stopped = True

    of_main = threading.current_thread() is threading.main_thread()
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM) if of_main}
    handlers = {int(number): handler for number, handler in found.items() if callable(handler)}
    for number in handlers:
        signal.signal(number, later)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if stopped:
        raise KeyboardInterrupt


def _gpus(workers: int) -> list[str]:
    """For each worker the CUDA device it has to itself, or nothing. Without a driver torch is not even imported."""
    devices: list[str] = []
    if any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/dxg")):
        import torch

        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(count)))
        devices = visible.split(",")[:count]
    return (devices + [""] * workers)[:workers]


_FILE = "cluster.json"


def _file(home: Path) -> Path:
    return home / _FILE


def _record(home: Path, address: str) -> None:
    """Leave the address of this process's farm in ``home``."""
    file, pid = _file(home), os.getpid()
    whole = file.with_suffix(".part")
    whole.write_text(json.dumps({"address": address, "pid": pid, "start": process.start_time(pid)}))
    whole.replace(file)


def _living(home: Path) -> str | None:
    """Address of the farm that lives in ``home``."""
    try:
        known = json.loads(_file(home).read_text())
    except FileNotFoundError:
        return None
    return known["address"] if process.start_time(known["pid"]) == known["start"] else None


def _counts(client: str) -> bool:
    """Whether a client is one for whose sake a farm goes on."""
    return client != "fire-and-forget" and not client.startswith(f"Client-{WATCHER}-")


def _end_this_process() -> int:
    pid = os.getpid()
    os.kill(pid, signal.SIGTERM)
    return pid


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m render.farm.cluster", description="A detached farm.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--idle-seconds", type=float, required=True)
    parser.add_argument("--stall-seconds", type=float, required=True)
    parser.add_argument("--owner", type=int)
    given = parser.parse_args()
    if os.fork():  # whoever started us need not wait for us
        os._exit(0)

    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    owner_start = process.start_time(given.owner) if given.owner is not None else None
    file = _file(given.home)
    settings = load(workers=given.workers, scratch=given.scratch, stall_seconds=given.stall_seconds)
    logs.set_up(settings.log_format, settings.log_level)
    with _cluster(settings) as cluster:
        scheduler = cast("Scheduler", cluster.scheduler)
        _record(given.home, cluster.scheduler_address)
        print(cluster.scheduler_address, flush=True)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        busy_at = time.monotonic()
        while not asked.wait(0.5):
            if given.owner is not None and (owner_start is None or process.start_time(given.owner) != owner_start):
                break
            if scheduler.tasks or any(map(_counts, scheduler.clients)):
                busy_at = time.monotonic()
            if time.monotonic() - busy_at > given.idle_seconds:
                break
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    _main()
