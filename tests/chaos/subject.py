"""The small batch that the crash tests put into trouble: the command, and what an undisturbed run of it leaves."""

from __future__ import annotations

import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from unittest.mock import patch

from s3fs import S3FileSystem

from render import errors, pipeline
from render.farm import dispatch, worker
from render.model import ClipRecord, End, Job, JobResult
from render.settings import Settings, load
from render.status import status_of
from render.store import batches, catalog, clips, layout
from render.store.objects import ObjectStore, open_store

Ends = Mapping[End, int]
"""How many rows of a batch come to each end."""

MANIFEST = """experiment,variant,prompt,engine,seconds,width,height,fps
e,a,one,testcard,0.5,64,64,8
e,b,two,testcard,0.5,64,64,8
e,c,one,testcard,0.5,64,64,8
e,d,,testcard,0.5,64,64,8
"""
"""Two clips to be made, one that follows the first, one row that is malformed."""
ENDS: Ends = {End.PUBLISHED: 2, End.REUSED: 1, End.REJECTED: 1}
ENDS_AGAIN: Ends = {End.REUSED: 3, End.REJECTED: 1}
"""Of a batch whose forerunner had finished before its own end was known to whoever ran it."""

PRELOADED = ["subject", "s3fs", "great_expectations", "render.checks.registry", "render.engines.testcard"]
PRELOADED += ["av", "ffmpeg", "PIL.Image", "scipy.ndimage", "scipy.signal", "torch"]
SEED = "NIGHTREEL_CHAOS_SEED"


def seed() -> int:
    """What the environment gives to replay a failure, else another one each time; a failing test prints it."""
    chosen = int(os.environ.get(SEED) or random.randrange(1 << 32))
    print(f"{SEED}={chosen}")
    return chosen


def prepare(folder: Path, store: str | None = None) -> tuple[Settings, Path]:
    """The settings and the manifest of a trial in this folder; its store lies there, too, unless another is named."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    manifest.write_text(MANIFEST)
    settings = load(
        store=store or str(folder / "store"), scratch=folder / "scratch", workers=1, scheduler="tcp://127.0.0.1:1"
    )
    return settings, manifest


def give_command(settings: Settings, manifest: Path, number: int) -> errors.NightreelError | None:
    """Run the manifest as the ``number``-th try does; give what stopped it, if anything did."""
    now = datetime(2026, 11, 22, 2, number, tzinfo=UTC)
    try:
        with patch.object(dispatch, "run", _farm):
            batch = pipeline.intake(settings, manifest=str(manifest), run_key=f"run-{number}", now=now)
            pipeline.run(settings, batch.id, now=lambda: now)
    except errors.NightreelError as error:
        return error
    return None


def attempts(store_url: str) -> dict[str, str]:
    """The attempt that each clip's record names, by fingerprint."""
    store = open_store(store_url)
    return {path.split("/")[2]: clips.get(store, path.split("/")[2]).attempt for path in records_in(store)}


def records_in(store: ObjectStore) -> list[str]:
    """The paths of all clip records."""
    return [path for path in store.list(layout.CLIPS) if path.endswith("/clip.json")]


def violations(
    store: ObjectStore, records: Mapping[str, str], *, ends: Sequence[Ends] = (ENDS, ENDS_AGAIN)
) -> list[str]:
    """What is not as an undisturbed run leaves it; ``records`` are the attempts of clips made before the last run.

    ``ends`` are those of the first batch, and of each later one.
    """
    wrong: list[str] = []
    known = batches.list_ids(store)
    if not known:
        return ["no batch"]
    wanted = [ends[min(number, len(ends) - 1)] for number in range(len(known))]
    for batch, its_ends in zip(known, wanted, strict=True):
        status = status_of(store, batch)
        if status.state != "finished":
            wrong.append(f"{batch} is {status.state}")
        if {end: count for end, count in status.ends.items() if count} != its_ends:
            wrong.append(f"{batch} ends {dict(status.ends)}")
        if not store.exists(layout.report(batch)):
            wrong.append(f"{batch} has no report")
        parts = [part for part in ("plan", "quarantine") if len(store.list(f"{layout.batch(batch)}/{part}")) != 1]
        wrong += [f"{batch} has an unreferenced {part}" for part in parts]
    made = [clips.get(store, path.split("/")[2]) for path in records_in(store)]
    if len(made) != sum(its_ends.get(End.PUBLISHED, 0) for its_ends in wanted):
        wrong.append(f"{len(made)} clips")
    with ThreadPoolExecutor(8) as pool:
        wrong += chain.from_iterable(pool.map(partial(_of_clip, store, records), made))
    if store.sweep_temporary(older_than_s=-1.0):
        wrong.append("a temporary object")
    wrong += _of_catalog(store, sum(map(Counter, wanted), Counter()))
    return wrong


def left_in(scratch: Path) -> list[str]:
    """Files that are still in the making when nobody makes any; Dask's locks are none."""
    return [f"{path} is left" for path in scratch.rglob("*") if path.is_file() and path.suffix != ".lock"]


def _of_clip(store: ObjectStore, records: Mapping[str, str], record: ClipRecord) -> list[str]:
    wrong = clips.verify(store, record)
    # Not by folders: an S3 service may show an emptied one for a while.
    objects = store.list(layout.clip(record.job.fingerprint))
    if {path.split("/")[3] for path in objects} != {record.attempt, "clip.json"}:
        wrong.append("an unreferenced attempt")
    if records.get(record.job.fingerprint, record.attempt) != record.attempt:
        wrong.append("a clip with a record was made again")
    return wrong


def _of_catalog(store: ObjectStore, ends: Ends) -> Iterator[str]:
    questions = {
        "requests": 'select count(*) as n, count(distinct (batch, row)) as keys, count("end") as ended from requests',
        "clips": "select count(*) as n, count(distinct fingerprint) as keys from clips",
        "checks": 'select count(*) as n, count(distinct (fingerprint, "check", name)) as keys from checks',
        "results": "select count(*) as n, count(uri) as clips from results",
    }
    found = {name: catalog.query(store, sql).to_pylist()[0] for name, sql in questions.items()}
    rows, made = sum(ends.values()), ends[End.PUBLISHED]
    if found["requests"] != {"n": rows, "keys": rows, "ended": rows}:
        yield f"requests {found['requests']}"
    if found["clips"] != {"n": made, "keys": made}:
        yield f"clips {found['clips']}"
    if not found["checks"]["n"] or found["checks"]["n"] != found["checks"]["keys"]:
        yield f"checks {found['checks']}"
    if found["results"] != {"n": rows, "clips": made + ends[End.REUSED]}:
        yield f"results {found['results']}"


def _farm(
    _address: str, jobs: Any, *, store_url: str, batch: str, settings: Settings, on_result: Any, **_: Any
) -> None:
    """A farm in this process, or in some of its own, which tries again what may pass, as the real one does."""
    worker._store.cache_clear()  # a new process opens its own
    orders = worker.Orders(
        store_url=store_url,
        batch=batch,
        scratch=settings.scratch,
        cache=settings.cache,
        usd_per_cpu_hour=settings.usd_per_cpu_hour,
    )
    make = partial(_make, orders, settings.tries)
    if settings.workers == 1:
        for job in jobs:
            on_result(make(job))
        return
    env = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with ProcessPoolExecutor(
        settings.workers, warm_processes(), initializer=_prepare_worker, initargs=(env, S3FileSystem.read_timeout)
    ) as pool:
        for result in pool.map(make, jobs):
            on_result(result)


def warm_processes() -> Any:
    """The way to processes that have imported all that takes its time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _prepare_worker(env: Mapping[str, str], read_timeout: float) -> None:
    os.environ.update(env)
    S3FileSystem.read_timeout = read_timeout


def _make(orders: worker.Orders, tries: int, job: Job) -> JobResult:
    for _ in range(tries):
        (tried,) = worker.make_clips([job], orders)
        if not tried.may_pass:
            break
    return tried.result
