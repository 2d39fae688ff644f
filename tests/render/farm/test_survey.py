"""What a real scheduler says of a batch, and why its jobs wait by that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pytest

from render import errors
from render.engines import registry
from render.farm import cluster, dispatch
from render.farm.control import Control
from render.farm.survey import Asker, Place, Survey
from render.farm.waiting import Reason, Why, reasons
from render.model import Decision, Job
from render.settings import Settings

pytestmark = pytest.mark.slow

NewJob = Callable[..., Job]


def table(*rows: tuple[Job, int]) -> pa.Table:
    """Rows that wait, each with its shard."""
    return pa.table(
        {
            "fingerprint": pa.array([job.fingerprint for job, _ in rows], pa.string()),
            "engine": pa.array([job.engine for job, _ in rows], pa.string()),
            "decision": pa.array([Decision.RENDER.value] * len(rows), pa.string()),
            "shard": pa.array([shard for _, shard in rows], pa.int16()),
            "made": pa.array([False] * len(rows), pa.bool_()),
        }
    )


def why(waiting: pa.Table, survey: Survey | None) -> dict[Why, Reason]:
    found = reasons(waiting, survey, needs=lambda engine: registry.capabilities(engine).resources)
    assert sum(one.rows for one in found) == waiting.num_rows
    return {one.why: one for one in found}


@contextmanager
def controllers() -> Iterator[Callable[..., None]]:
    """Starts controllers in threads of their own; cancels all of them at the end."""
    control = Control()
    with ThreadPoolExecutor(4) as pool:

        def start(address: str, settings: Settings, batch: str, jobs: list[Job], **more: object) -> None:
            def run() -> None:
                with suppress(errors.Cancelled, errors.BatchStopped):
                    dispatch.run(
                        address, jobs, store_url=settings.store, batch=batch, settings=settings, control=control,
                        on_result=lambda _: None, **more,
                    )  # fmt: skip

            pool.submit(run)

        try:
            yield start
        finally:
            control.cancel()


def until(ask: Callable[[], Survey], fits: Callable[[Survey], bool]) -> Survey:
    """What the scheduler says as soon as it fits."""
    deadline = time.monotonic() + 60
    while not fits(survey := ask()):
        assert time.monotonic() < deadline, survey
        threading.Event().wait(0.05)
    return survey


def in_line(survey: Survey) -> int:
    return sum(task.place in {Place.QUEUED, Place.GIVEN} for task in survey.tasks)


def test_each_waiting_job_says_why_it_waits(settings: Settings, new_job: NewJob, tmp_path: Path) -> None:
    """One worker that is at work, behind it a queue, an urgent batch, a job without a worker for it, two that failed.

    When its controller is gone nobody is at work on what was not sent; when the farm is, nothing is known.
    """
    settings = settings.model_copy(update={"workers": 1, "backoff_seconds": 600.0})
    flaky, refused, needy = new_job(f"once {tmp_path / 'once'}"), new_job("refuse"), new_job(engine="needy")
    hanging = new_job(f"hang {tmp_path / 'hangs'}", duration_ms=700)
    others = [new_job(duration_ms=800 + 125 * number) for number in range(5)]  # no two alike: each is a group
    later, urgent = new_job(), [new_job(duration_ms=2000 + 125 * number) for number in range(2)]
    ours = [(job, 0) for job in (flaky, refused, needy, hanging, *others)] + [(later, 1)]
    waiting = table(*ours)
    with cluster.local(settings) as address, Asker(address) as asker:
        assert cluster.living(settings.scratch) == [address]
        nothing = asker.ask("nightly", settings.store)
        assert not nothing.knows
        assert why(waiting, nothing)[Why.NO_RUN].rows == len(ours)
        with controllers() as start:
            start(address, settings, "nightly", [job for job, shard in ours if shard == 0], shards=[0])
            until(
                lambda: asker.ask("nightly", settings.store), lambda one: in_line(one) == 3 and len(one.troubles) == 2
            )
            start(address, settings, "urgent", urgent, urgency=lambda _: 5)
            until(lambda: asker.ask("urgent", settings.store), lambda one: in_line(one) == 2)
            survey = asker.ask("nightly", settings.store)
            assert not asker.ask("nightly", "elsewhere").knows, "another store's batch of that name"
            found = why(waiting, survey)
            print("SURVEY", survey)
            assert {one.why: one.rows for one in found.values()} == {
                Why.AT_WORK: 1, Why.BEHIND: 3, Why.LACKING: 1, Why.AGAIN: 1, Why.UNSENT: 2, Why.SHARD: 1, Why.FAILED: 1
            }  # fmt: skip
            assert found[Why.AT_WORK].about == "worker 0"
            assert 0 <= time.time() - (found[Why.AT_WORK].since or 0) < 120
            assert found[Why.BEHIND].clips == 2
            assert found[Why.LACKING].about == "TPU=1"
            assert "The lamp flickers" in found[Why.AGAIN].about
            assert "shows no such thing" in found[Why.FAILED].about
            assert found[Why.SHARD].shards == (1,)
        gone = until(lambda: asker.ask("nightly", settings.store), lambda one: not one.controllers)
        assert set(why(waiting, gone)) == {Why.NO_RUN}, "its failures are no end: the next run tries again"
    assert cluster.living(settings.scratch) == []
    with pytest.raises(errors.SchedulerAway):
        asker.ask("nightly", settings.store)
    asker.close()


def test_a_cluster_without_a_worker_says_so(settings: Settings, new_job: NewJob) -> None:
    """What was sent before the workers went and what was not are told apart by nobody: both wait for a worker."""
    from distributed import LocalCluster

    job = new_job()
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        Asker(empty.scheduler_address) as asker,
        controllers() as start,
    ):
        start(empty.scheduler_address, settings, "b", [job], shards=[0])
        survey = until(lambda: asker.ask("b", settings.store), lambda one: bool(one.controllers))
        assert why(table((job, 0)), survey)[Why.NO_WORKER].about == empty.scheduler_address


def test_a_scheduler_that_does_not_know_us_is_said_to_be_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    from render.farm import survey

    def missing(*_: object, dask_scheduler: object) -> None:
        raise ModuleNotFoundError("No module named 'render'")

    monkeypatch.setattr(survey, "_survey", missing)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        Asker(empty.scheduler_address) as asker,
        pytest.raises(errors.SchedulerAway, match=r"No module named 'render'.*same version of Nightreel"),
    ):
        asker.ask("b", "store")
