"""What it costs to hand out jobs: so many of which nothing is to be made, by Nightreel's dispatch and by a Dask map.

Both send to the same kind of farm, one function that does nothing; the map sends a task a job, as one would write it.
Each run is a process tree of its own, the contenders take turns, and the figures are medians. The controller is the
process that sends and collects; its memory includes the scheduler of a local farm, which lives in it.

    python benchmarks/dispatch.py --jobs 10000 --repeats 3
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

from distributed import get_worker

from render.engines import registry
from render.farm import cluster, dispatch, worker
from render.farm.backlog import Tried
from render.model import Job, JobResult
from render.settings import Settings, load

JOBS_A_SECOND = 5000
CONTROLLER_MB = 150
"""The targets."""


def nothing(
    jobs: Sequence[Job], _orders: worker.Orders, _stall_seconds: float, _whence: Sequence[worker.Whence]
) -> worker.Done:
    """The Dask task of a farm on which every clip is there already, and known to be."""
    own = get_worker()
    own.log_event(worker.BEGAN, {"key": str(own.get_current_task())})
    found = [Tried(result=JobResult(fingerprint=job.fingerprint, state="found")) for job in jobs]
    return worker.Done(outcomes=found, seconds=0.0)


def nightreel(address: str, jobs: Iterator[Job], settings: Settings) -> int:
    """Nightreel's dispatch: windows, groups, priorities, retries, blame. Gives how many jobs ended."""
    ended: list[str] = []
    with patch.object(worker, "work", nothing):
        dispatch.run(
            address,
            jobs,
            store_url=settings.store,
            batch="benchmark",
            settings=settings,
            on_result=lambda result: ended.append(result.fingerprint),
        )
    return len(set(ended))


def dask_map(address: str, jobs: Iterator[Job], _settings: Settings) -> int:
    """Dask's own map, a task a job; gives how many jobs ended."""
    with cluster.connect(address) as client:
        return sum(1 for _ in client.gather(client.map(lambda job: job.fingerprint, list(jobs), pure=False)))


CONTENDERS = {"nightreel": nightreel, "dask map": dask_map}


def new_jobs(count: int) -> Iterator[Job]:
    """Jobs as a plan holds them, read one by one."""
    revision = registry.capabilities("testcard").revision
    for number in range(count):
        yield Job(
            fingerprint=f"{number:064x}",
            prompt=f"Waves break on a rocky shore, take {number}",
            negative_prompt="",
            style="realistic",
            duration_ms=2000,
            width=640,
            height=360,
            fps=24,
            seed=number,
            engine="testcard",
            engine_revision=revision,
        )


def run_one(contender: str, folder: Path, count: int, workers: int) -> None:
    """Be one contender in this process and print its figures."""
    settings = load(store=str(folder / "store"), scratch=folder / "scratch", cache=folder / "cache", workers=workers)
    with cluster.local(settings) as address:
        begin = time.perf_counter()
        ended = CONTENDERS[contender](address, new_jobs(count), settings)
        seconds = time.perf_counter() - begin
    if ended != count:
        raise SystemExit(f"{contender} ended {ended} of {count} jobs")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"jobs_a_second": count / seconds, "controller_mb": peak}))


def measure(contender: str, given: argparse.Namespace) -> dict[str, float]:
    """Run one contender in a process tree of its own."""
    with tempfile.TemporaryDirectory(prefix="dispatch-") as folder:
        command = [sys.executable, __file__, "--be", contender, "--folder", folder]
        command += ["--jobs", str(given.jobs), "--workers", str(given.workers)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000, help="jobs a run (default: 10000)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default: 2)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of every contender (default: 3)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of the table")
    parser.add_argument("--be", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.be:
        run_one(given.be, given.folder, given.jobs, given.workers)
        return
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(given.repeats):
        for name, done in runs.items():
            done.append(measure(name, given))
    median = {
        name: {figure: statistics.median(run[figure] for run in done) for figure in done[0]}
        for name, done in runs.items()
    }
    ratio = median["nightreel"]["jobs_a_second"] / median["dask map"]["jobs_a_second"]
    if given.json:
        print(
            json.dumps({"jobs": given.jobs, "workers": given.workers, "median": median, "ratio": ratio, "runs": runs})
        )
        return
    print(f"{given.jobs} jobs of which nothing is to be made, on {given.workers} workers")
    print(f"{'':10} {'jobs/s':>8} {'controller MB':>14}")
    for name, of in median.items():
        print(f"{name:10} {of['jobs_a_second']:8.0f} {of['controller_mb']:14.0f}")
    print(f"nightreel to dask map: {ratio:.1f} (targets: {JOBS_A_SECOND} jobs/s, at most {CONTROLLER_MB} MB)")


if __name__ == "__main__":
    main()
