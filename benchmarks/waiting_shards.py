"""What it costs to wait for shards: so many triggers in one event loop, as in a triggerer, on a farm that is busy.

Each shard has its controller in a thread of the process: its window is full, and its clips are not made meanwhile. The
memory is the process', before the first trigger and with all of them; the lag is how late the event loop wakes a
coroutine that asked for a tenth of a second. What a user would have otherwise, a task process a shard that waits by
itself, is one such process, times as many.

Then the same through a stack as ``make stack`` starts it: what each of Airflow's parts takes before a run and while all
of its shards wait, its children included, memory that processes share divided among them.

    python benchmarks/waiting_shards.py --shards 100
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

JOBS = 64
"""Clips of a shard."""
LAG_S = 0.1
WATCHED_S = 20.0
FIGURES = "figures.json"
NOW = datetime(2026, 11, 29, 2, tzinfo=UTC)


PARTS = ("scheduler", "dag-processor", "triggerer", "api-server")
"""Airflow's, as its command calls them."""


def manifest(folder: Path, shards: int) -> Path:
    """Rows for so many shards, of clips that take long."""
    rows = shards * JOBS
    columns = {
        "experiment": pa.repeat("waiting", rows),
        "variant": pa.repeat("a", rows),
        "prompt": pa.repeat("A test card", rows),
        "engine": pa.repeat("testcard", rows),
        "seconds": pa.repeat(20.0, rows),
        "width": pa.repeat(1920, rows),
        "height": pa.repeat(1080, rows),
        "seed": pa.array(range(rows)),
    }
    pq.write_table(pa.table(columns), folder / "manifest.parquet")
    return folder / "manifest.parquet"


def prepare(folder: Path, shards: int) -> str:
    """Take in and plan a batch of so many shards; give its id."""
    from render import pipeline

    settings = settings_in(folder)
    batch = pipeline.intake(settings, manifest=str(manifest(folder, shards)), run_key="waiting", now=NOW)
    pipeline.plan(settings, batch.id, now=NOW)
    return batch.id


def settings_in(folder: Path) -> Any:
    """All that the farm and the controllers write lies in the folder."""
    from render.settings import load

    return load(
        store=str(folder / "store"), scratch=folder / "scratch", cache=folder / "cache", workers=1, jobs_per_shard=JOBS
    )


def by_triggers(folder: Path, batch: str, address: str, shards: int) -> dict[str, float]:
    """All shards in this process."""
    from render.orchestration.triggers import ShardTrigger

    process = psutil.Process()
    os.environ |= {"NIGHTREEL_SCRATCH": str(folder / "scratch"), "NIGHTREEL_CACHE": str(folder / "cache")}
    given = {"store": str(folder / "store"), "scheduler": address}
    triggers = [ShardTrigger(batch=batch, shard=shard, address=address, given=given) for shard in range(shards)]

    async def fire(trigger: ShardTrigger) -> None:
        async for _ in trigger.run():
            return

    async def watch() -> dict[str, float]:
        before = process.memory_info().rss
        running = [asyncio.create_task(fire(trigger)) for trigger in triggers]
        await asyncio.sleep(30 + shards / 5)  # until all are connected and their windows are full
        lags, cpu, over = [], process.cpu_times(), time.monotonic() + WATCHED_S
        while time.monotonic() < over:
            asked = time.monotonic()
            await asyncio.sleep(LAG_S)
            lags.append(time.monotonic() - asked - LAG_S)
        used = process.cpu_times()
        after = process.memory_info().rss
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*(trigger.on_kill() for trigger in triggers))
        return {
            "before_mb": before / 1e6,
            "all_mb": after / 1e6,
            "lag_median_ms": statistics.median(lags) * 1000,
            "lag_worst_ms": max(lags) * 1000,
            "cpu_share": (used.user + used.system - cpu.user - cpu.system) / WATCHED_S,
        }

    return asyncio.run(watch())


def by_process(folder: Path, batch: str, address: str) -> dict[str, float]:
    """One shard in this process, which waits for it as a task would that does not defer."""
    import threading

    from render import pipeline
    from render.farm.control import Control

    control = Control()
    waiting = threading.Thread(
        target=lambda: _until_cancelled(pipeline, folder, batch, address, control), name="waiting"
    )
    waiting.start()
    time.sleep(30)
    found = {"one_mb": psutil.Process().memory_info().rss / 1e6}
    control.cancel()
    waiting.join()
    return found


def _until_cancelled(pipeline: Any, folder: Path, batch: str, address: str, control: Any) -> None:
    from render import errors

    try:
        pipeline.render(settings_in(folder), batch, [0], address=address, now=lambda: NOW, control=control)
    except errors.Cancelled:
        return


def by_stack(folder: Path, shards: int) -> dict[str, dict[str, float]]:
    """MB of each of Airflow's parts, before any shard and with all of them."""
    from stack_efficiency import free_plan, until

    from infra import stack
    from infra.airflow_api import Api, password
    from render.settings import load
    from render.store import layout
    from render.store.objects import open_store

    plan = free_plan(folder / "stack", 1)
    os.environ["NIGHTREEL_JOBS_PER_SHARD"] = str(JOBS)
    with stack.running(plan, lambda said: print(said, file=sys.stderr)):
        os.environ.update(plan.clients())
        with Api(plan.airflow, password(plan.password_file)) as api:

            def count(state: str) -> int:
                time.sleep(2.0)
                wanted = {"state": state, "limit": 1}
                return api.ask("GET", "/api/v2/dags/~/dagRuns/~/taskInstances", params=wanted)["total_entries"]

            def idle() -> bool:
                time.sleep(2.0)
                runs = [run for dag in ("nightly_render", "catalog_upkeep") for run in api.runs(dag)]
                return len(runs) > 1 and all(api.state(run) == "success" for run in runs)

            until(idle, "the runs that a new stack begins with do not end")
            time.sleep(WATCHED_S)
            before = memory_of_parts()
            open_store(load().store).put_file(f"{layout.INBOX}/waiting.parquet", manifest(folder, shards))
            until(lambda: count("deferred") == shards, "not all shards wait")
            time.sleep(30 + shards / 5)  # until all are connected and their windows are full
            after = memory_of_parts()
    return {part: {"before_mb": before[part], "all_mb": after[part]} for part in PARTS}


def memory_of_parts() -> dict[str, float]:
    """MB of each of Airflow's parts below this process, children included."""
    found = dict.fromkeys(PARTS, 0.0)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # what has just ended
            line = process.cmdline()
            if "infra.tether" in line and any(Path(word).name == "airflow" for word in line):
                [part] = set(line) & found.keys()
                found[part] = sum(map(_megabytes, process.children(recursive=True)))
    return found


def _megabytes(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return process.memory_full_info().pss / 1e6
    return 0.0


def measured(way: str, folder: Path, batch: str, address: str, shards: int) -> dict[str, float]:
    """The figures of one way, from a process of its own."""
    command = [sys.executable, __file__, "--be", way, "--folder", str(folder), "--batch", batch, "--address", address]
    subprocess.run([*command, "--shards", str(shards)], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / FIGURES).read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=100)
    parser.add_argument("--be", choices=["triggers", "process"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--batch", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.be:
        own = (given.folder, given.batch, given.address)
        found = by_triggers(*own, given.shards) if given.be == "triggers" else by_process(*own)
        (given.folder / FIGURES).write_text(json.dumps(found))  # Airflow's logs go to the output
        return

    from render.farm import cluster

    with tempfile.TemporaryDirectory(prefix="nightreel-waiting-") as name:
        folder = Path(name)
        batch = prepare(folder, given.shards)
        with cluster.local(settings_in(folder)) as address:
            figures = {way: measured(way, folder, batch, address, given.shards) for way in ("process", "triggers")}
        parts = by_stack(folder, given.shards)
    one, all_of_them = figures["process"]["one_mb"], figures["triggers"]
    print(f"{given.shards} shards of {JOBS} clips wait")
    print(f"one event loop: {all_of_them['all_mb']:.0f} MB ({all_of_them['before_mb']:.0f} MB before the first)")
    print(f"its lag: median {all_of_them['lag_median_ms']:.0f} ms, worst {all_of_them['lag_worst_ms']:.0f} ms")
    print(f"its CPU: {all_of_them['cpu_share']:.0%} of a core")
    print(
        f"a process each: {one:.0f} MB, {given.shards * one:.0f} MB in all, "
        f"{given.shards * one / all_of_them['all_mb']:.1f} times as much"
    )
    print(
        "through a stack, MB: " + ", ".join(f"{p} {m['all_mb']:.0f} ({m['before_mb']:.0f})" for p, m in parts.items())
    )
    print(json.dumps({"shards": given.shards, "cores": os.cpu_count(), **figures, "stack": parts}))


if __name__ == "__main__":
    main()
