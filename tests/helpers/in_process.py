"""The pipeline's steps in this process, without Dask, on small manifests."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from render import errors, pipeline
from render.farm import worker
from render.model import JobResult, ReasonKind
from render.settings import Settings
from render.status import Status

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
SMALL = {"engine": "testcard", "seconds": 0.5, "width": 64, "height": 64, "fps": 8}


class InProcess:
    """Runs jobs as a worker would; can be told to fail prompts, or to stop after so many jobs."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.failing: set[str] = set()
        self.stop_after: int | None = None

    def run(self, address, jobs, *, store_url, batch, settings, control, on_result, **_) -> None:
        orders = worker.Orders(
            store_url=store_url, batch=batch, scratch=settings.scratch, cache=settings.cache, usd_per_cpu_hour=0.0
        )
        for count, job in enumerate(jobs):
            if control.draining or count == self.stop_after:
                raise errors.BatchStopped("Stopped on request. Run the same command again: it resumes.")
            if job.prompt in self.failing:
                kind = ReasonKind.ENGINE
                on_result(
                    JobResult(
                        fingerprint=job.fingerprint, state="failed", reason="Broken.", reason_kind=kind, fix="Mend it."
                    )
                )
                continue
            (outcome,) = worker.make_clips([job], orders)
            assert outcome.result.state != "failed", outcome.result.reason
            if outcome.result.state == "made":
                self.made.append(job.prompt)
            on_result(outcome.result)


def write(path: Path, *prompts: str, **columns: object) -> str:
    rows = [{"experiment": "e", "variant": str(i), "prompt": p, **SMALL, **columns} for i, p in enumerate(prompts)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


def write_csv(folder: Path) -> str:
    path = folder / "m.csv"
    path.write_text("experiment,variant,prompt,engine\ne,a,x,testcard\n")
    return str(path)


def raising(error: BaseException) -> Callable[..., None]:
    """A function that always raises this."""

    def function(*_: object, **__: object) -> None:
        raise error

    return function


def go(
    settings: Settings, manifest: str, *, now: datetime = NOW, key: str = "run-1", on_plan=lambda *_: None, **kwargs
) -> Status:
    """All steps on an address that in-process jobs never look at."""
    batch = pipeline.intake(settings, manifest=manifest, run_key=key, now=now, **kwargs)
    scheduler = settings.model_copy(update={"scheduler": "tcp://127.0.0.1:1"})
    return pipeline.run(scheduler, batch.id, now=lambda: now, on_plan=on_plan)
