"""What the farm's orchestration costs: the same clips by a plain loop, a process pool, a plain Dask map and Nightreel.

All four call the same function for a clip (engine, checks, encode, mux, stills, commit to a store of their own), in
processes with the same environment; only who hands out the work differs. Each run is a process tree of its own,
the contenders take turns, and the figures are medians.

    python benchmarks/farm_efficiency.py --engine testcard --clips 40 --repeats 3
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from render.engines import registry
from render.farm import cluster, dispatch, worker
from render.model import Job
from render.settings import Settings, load
from render.store import clips
from render.store.objects import open_store

TARGET = 1.05
"""Most that Nightreel may take of the process pool's time."""

PROMPTS = (
    "A basketball player misses a three-pointer, the ball hits the backboard and bounces realistically",
    "Ocean waves interact with rocky coastline in a physically accurate manner",
    "A ceramic mug on a turntable, product shot",
    "Three wooden crates fall down a staircase",
)

Work = Callable[[Sequence[Job]], None]


@contextmanager
def loop(_settings: Settings, orders: worker.Orders) -> Iterator[Work]:
    """One process, one clip after the other."""
    prepare()
    yield lambda jobs: deal(map(worker.make_clips, [[job] for job in jobs], [orders] * len(jobs)))


@contextmanager
def pool(settings: Settings, orders: worker.Orders) -> Iterator[Work]:
    """The standard library's process pool."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(settings.workers, mp_context=context) as executor:
        deal(executor.map(prepare, range(settings.workers)))
        yield lambda jobs: deal(executor.map(worker.make_clips, [[job] for job in jobs], [orders] * len(jobs)))


@contextmanager
def dask_map(settings: Settings, orders: worker.Orders) -> Iterator[Work]:
    """Dask's own map over the clips, on Nightreel's cluster."""
    with cluster.local(settings) as address, cluster.connect(address) as client:
        client.run(prepare)
        yield lambda jobs: deal(
            client.gather(client.map(worker.make_clips, [[job] for job in jobs], [orders] * len(jobs)))
        )


@contextmanager
def nightreel(settings: Settings, orders: worker.Orders) -> Iterator[Work]:
    """Nightreel's dispatch: windows, priorities, retries, blame."""

    def work(jobs: Sequence[Job]) -> None:
        dispatch.run(
            address, jobs, store_url=orders.store_url, batch=orders.batch, settings=settings, on_result=lambda _: None
        )

    with cluster.local(settings) as address:
        with cluster.connect(address) as client:
            client.run(prepare)
        yield work


CONTENDERS = {"loop": loop, "pool": pool, "dask map": dask_map, "nightreel": nightreel}


def prepare(_number: int = 0) -> None:
    """Import what a worker needs, so that start-up and work can be told apart."""
    import torch

    torch.set_num_threads(1)


def deal(results: Iterator[object]) -> None:
    """Wait for everything."""
    for _ in results:
        pass


def new_jobs(engine: str, count: int) -> list[Job]:
    """Two-second clips at 640x360, each with a seed of its own."""
    return [
        Job(
            fingerprint=f"{number:064x}",
            prompt=PROMPTS[number % len(PROMPTS)],
            negative_prompt="",
            style="realistic",
            duration_ms=2000,
            width=640,
            height=360,
            fps=24,
            seed=number,
            engine=engine,
            engine_revision=registry.find(engine).capabilities.revision,
        )
        for number in range(count)
    ]


def run_one(contender: str, folder: Path, engine: str, count: int, workers: int) -> None:
    """Be one contender in this process and print its figures."""
    settings = load(
        store=str(folder / "store"), scratch=folder / "scratch", cache=folder.parent / "cache", workers=workers
    )
    orders = worker.Orders(
        store_url=settings.store,
        batch="benchmark",
        scratch=settings.scratch,
        cache=settings.cache,
        usd_per_cpu_hour=0.0,
    )
    jobs = new_jobs(engine, count)
    begin = time.perf_counter()
    with CONTENDERS[contender](settings, orders) as work:
        ready, ready_cpu = time.perf_counter(), cpu_seconds()
        work(jobs)
        done, done_cpu = time.perf_counter(), cpu_seconds()
    made = clips.find_many(open_store(settings.store), [job.fingerprint for job in jobs])
    if len(made) != count:
        raise SystemExit(f"{contender} made {len(made)} of {count} clips")
    print(json.dumps({"start": ready - begin, "wall": done - ready, "cpu": done_cpu - ready_cpu}))


def cpu_seconds() -> float:
    """CPU seconds so far of this process, its living descendants and all that any of them has waited for."""
    import psutil

    me = psutil.Process()
    return sum(sum(process.cpu_times()[:4]) for process in [me, *me.children(recursive=True)])


def measure(contender: str, folder: Path, given: argparse.Namespace) -> dict[str, float]:
    """Run one contender in a process tree of its own."""
    command = [sys.executable, __file__, "--be", contender, "--folder", str(folder)]
    command += ["--engine", given.engine, "--clips", str(given.clips), "--workers", str(given.workers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=os.environ | cluster.ENVIRONMENT, check=True)
    return json.loads(done.stdout)


def summary(runs: dict[str, list[dict[str, float]]], given: argparse.Namespace) -> dict:
    """Medians, and Nightreel's time over the pool's, turn by turn."""
    ratios = [ours["wall"] / theirs["wall"] for ours, theirs in zip(runs["nightreel"], runs["pool"], strict=True)]
    return {
        "engine": given.engine,
        "clips": given.clips,
        "workers": given.workers,
        "repeats": given.repeats,
        "cores": os.cpu_count(),
        "median": {
            name: {figure: statistics.median(run[figure] for run in done) for figure in ("start", "wall", "cpu")}
            for name, done in runs.items()
        },
        "nightreel_to_pool": {"median": statistics.median(ratios), "each": ratios, "target": TARGET},
        "runs": runs,
    }


def table(result: dict) -> str:
    """For people."""
    lines = [
        f"{result['clips']} clips of 2 s at 640x360 by {result['engine']} on {result['workers']} workers",
        f"{'':10} {'start s':>8} {'wall s':>8} {'CPU s':>8} {'clips/s':>8} {'to pool':>8}",
    ]
    pool_wall = result["median"]["pool"]["wall"]
    lines += [
        f"{name:10} {of['start']:8.2f} {of['wall']:8.2f} {of['cpu']:8.1f} "
        f"{result['clips'] / of['wall']:8.2f} {of['wall'] / pool_wall:8.3f}"
        for name, of in result["median"].items()
    ]
    ratio = result["nightreel_to_pool"]
    each = ", ".join(f"{one:.3f}" for one in ratio["each"])
    lines.append(f"nightreel to pool, turn by turn: median {ratio['median']:.3f} of {each} (target ≤ {TARGET})")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="testcard", help="which engine (default: testcard)")
    parser.add_argument("--clips", type=int, default=40, help="clips a run (default: 40)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default: 2)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of every contender (default: 3)")
    parser.add_argument(
        "--without", choices=("loop", "dask map"), nargs="+", default=[], help="contenders to leave out"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of the table")
    parser.add_argument("--be", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.be:
        run_one(given.be, given.folder, given.engine, given.clips, given.workers)
        return
    names = [name for name in CONTENDERS if name not in given.without]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="farm-efficiency-") as folder:
        for turn in range(given.repeats):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                runs[name].append(measure(name, Path(folder) / f"{turn}-{name.replace(' ', '-')}", given))
                print(f"turn {turn + 1}, {name}: {runs[name][-1]['wall']:.2f} s", file=sys.stderr)
    result = summary(runs, given)
    print(json.dumps(result, indent=1) if given.json else table(result))


if __name__ == "__main__":
    main()
