"""What the whole stack costs: a batch dropped in its inbox, beside the same given to ``nightreel run``.

A stack is started as ``make stack`` does it. In each turn a manifest lands in its inbox, where a DAG takes it, and
another with the same clips but for their seeds is run by the command on the same Dask workers and the same S3 service.
What Airflow adds is the difference, for each shard and each clip. The moments are those that storage and Dask tell:
when the manifest was dropped, when its batch was recorded, when the first job began, when the last row had its end,
when the batch was finished. CPU is that of Airflow's own processes, tasks included.

    python benchmarks/stack_efficiency.py --clips 200 --shards 8 --repeats 3
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client

from infra import seaweed, stack
from infra.plan import Plan
from render import settings
from render.farm import worker
from render.store import batches, layout, receipts
from render.store.objects import ObjectStore, open_store

PATIENCE_S = 1800.0
POLL_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Seconds from the one to the next."""

    to_intake: float
    to_first_job: float
    rendering: float
    to_the_end: float

    @property
    def all(self) -> float:
        """From the manifest to the finished batch."""
        return self.to_intake + self.to_first_job + self.rendering + self.to_the_end


def manifest(folder: Path, clips: int, seed: int) -> Path:
    """So many clips of 2 s at 640x360 that no earlier manifest had."""
    columns = {
        "experiment": pa.repeat("stack", clips),
        "variant": pa.repeat("a", clips),
        "prompt": pa.repeat("A test card", clips),
        "engine": pa.repeat("testcard", clips),
        "seconds": pa.repeat(2.0, clips),
        "width": pa.repeat(640, clips),
        "height": pa.repeat(360, clips),
        "seed": pa.array(range(seed, seed + clips)),
    }
    path = folder / f"from-{seed}.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@contextmanager
def began(address: str) -> Iterator[list[float]]:
    """When jobs began on the cluster, by this machine's clock, as it is told."""
    moments: list[float] = []
    with Client(address) as client:
        client.subscribe_topic(worker.BEGAN, lambda event: moments.append(event[0]))
        yield moments


def through_stack(store: ObjectStore, file: Path, address: str) -> Moments:
    """Drop the manifest in the inbox and wait until the batch that took it is finished."""
    with began(address) as moments:
        start = time.time()
        path = f"{layout.INBOX}/{file.name}"
        store.put_file(path, file)
        batch = until(lambda: batch_of(store, store.uri(path)), "no batch took the manifest")
        until(lambda: store.exists(layout.finished(batch)), f"{batch} is not finished")
        return moments_of(store, batch, start, moments)


def by_command(store: ObjectStore, file: Path, address: str) -> Moments:
    """Give the manifest to ``nightreel run``."""
    known = set(batches.list_ids(store))
    with began(address) as moments:
        start = time.time()
        command = [sys.executable, "-m", "render.cli", "run", str(file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        [batch] = set(batches.list_ids(store)) - known
        return moments_of(store, batch, start, moments)


def until(moment: Callable[[], str | bool | None], otherwise: str) -> str:
    """Wait for it; gives what it gave."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := moment()):
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(POLL_S)
    return str(found)


def batch_of(store: ObjectStore, url: str) -> str | None:
    """The batch that took this manifest."""
    return next(
        (one for one in batches.list_ids(store) if url in {f.url for f in batches.load(store, one).manifests}), None
    )


def moments_of(store: ObjectStore, batch: str, start: float, moments: list[float]) -> Moments:
    """Read from what is on storage."""
    taken = stamp(batches.load(store, batch).created_at)
    last = max(map(stamp, receipts.read(store, batch)["finished_at"].to_pylist()))
    finished = stamp((batches.finished(store, batch) or {})["finished_at"])
    first = min(moment for moment in moments if moment >= taken)
    return Moments(
        to_intake=taken - start, to_first_job=first - taken, rendering=last - first, to_the_end=finished - last
    )


def stamp(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


def airflow_cpu_seconds() -> float:
    """What Airflow's processes below this one have used, with those that have ended."""
    used = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "airflow" in " ".join(process.cmdline()):
                used += sum(process.cpu_times()[:4])
    return used


def free_plan(folder: Path, workers: int) -> Plan:
    """A stack on ports that are free."""
    for first in range(18_000, 30_000, 16):
        if not any(map(seaweed.is_taken, range(first, first + 11))):
            ports = {"s3_port": first, "airflow_port": first + 8, "dask_port": first + 9, "dashboard_port": first + 10}
            return Plan(folder=folder, workers=workers, **ports)
    raise RuntimeError("no ports are free")


def row(name: str, found: list[Moments]) -> str:
    middle = {key: statistics.median(getattr(one, key) for one in found) for key in (*asdict(found[0]), "all")}
    return f"{name:<14}" + "".join(f"{middle[key]:>15.1f}" for key in middle)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    os.environ["NIGHTREEL_JOBS_PER_SHARD"] = str(-(-given.clips // given.shards))
    stacks, commands, cpu = [], [], []
    with tempfile.TemporaryDirectory(prefix="nightreel-stack-benchmark-") as name:
        folder = Path(name)
        plan = free_plan(folder / "stack", given.workers)
        with stack.running(plan, lambda said: print(said, file=sys.stderr)):
            os.environ.update(plan.clients() | {"NIGHTREEL_SCRATCH": str(plan.scratch)})
            store = open_store(settings.load().store)
            by_command(store, manifest(folder, plan.workers, 0), plan.scheduler)  # the workers import what they need
            for turn in range(1, given.repeats + 1):
                before = airflow_cpu_seconds()
                first = 2 * turn * given.clips
                stacks.append(through_stack(store, manifest(folder, given.clips, first), plan.scheduler))
                cpu.append(airflow_cpu_seconds() - before)
                commands.append(by_command(store, manifest(folder, given.clips, first + given.clips), plan.scheduler))
    heads = ("to intake s", "to first job s", "rendering s", "to the end s", "all s")
    print(f"{given.clips} clips of 2 s at 640x360 in {given.shards} shards, {given.workers} workers, medians")
    print(" " * 14 + "".join(f"{head:>15}" for head in heads))
    print(row("stack", stacks))
    print(row("nightreel run", commands))
    ratios = [one.all / other.all for one, other in zip(stacks, commands, strict=True)]
    more = statistics.median(one.all - other.all for one, other in zip(stacks, commands, strict=True))
    print(f"stack to run: {statistics.median(ratios):.2f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")
    print(f"Airflow adds {more / given.shards:.2f} s a shard, {more / given.clips * 1000:.0f} ms a clip")
    print(f"from the drop to the first job: {statistics.median(o.to_intake + o.to_first_job for o in stacks):.1f} s")
    print(f"Airflow's CPU: {statistics.median(cpu):.1f} s a batch, {statistics.median(cpu) / given.shards:.2f} a shard")
    figures = {"stack": [asdict(one) for one in stacks], "run": [asdict(one) for one in commands], "cpu": cpu}
    print(json.dumps(vars(given) | figures | {"at": datetime.now(UTC).isoformat(timespec="seconds")}))


if __name__ == "__main__":
    main()
