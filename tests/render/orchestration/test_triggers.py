"""The trigger that has a shard's clips made: what it fires, and what becomes of the work when it is ended."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow._shared.module_loading import import_string
from in_process import NOW, write

from render import errors, pipeline
from render.farm import cluster
from render.farm.access import OPEN, Access
from render.farm.control import Control
from render.farm.survey import Asker
from render.model import JobResult
from render.orchestration import hooks, triggers
from render.orchestration.triggers import ShardTrigger, Teller
from render.settings import load
from render.store.objects import open_store

DONE = {"failure": "", "final": False}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(triggers, "PATIENCE_SECONDS", 0.2)


def new_trigger(
    scheduler: str | None = "tcp://big:8786", until: str | None = None, address: str = "tcp://big:8786"
) -> ShardTrigger:
    return ShardTrigger(batch="b", shard=3, address=address, given={"scheduler": scheduler}, until=until)


def rendered_by(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[Control], None]
) -> list[tuple[list[int], str, Access]]:
    """What stands in for the pipeline's step, and what it was asked for."""
    asked: list[tuple[list[int], str, Access]] = []

    def render(
        _: Any, batch: str, shards: list[int], *, address: str, access: Access, control: Control, **__: Any
    ) -> None:
        assert batch == "b"
        asked.append((shards, address, access))
        work(control)

    monkeypatch.setattr(pipeline, "render", render)
    return asked


async def first_event(trigger: ShardTrigger) -> Any:
    async for event in trigger.run():
        return event.payload
    raise AssertionError("no event")


def test_it_is_stored_and_made_anew_with_all_that_it_needs() -> None:
    path, arguments = new_trigger().serialize()
    assert import_string(path)(**arguments).serialize() == (path, arguments)


def test_a_shard_is_rendered_in_a_thread_and_fires_once(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    asked = rendered_by(monkeypatch, lambda _: threads.append(threading.current_thread()))
    assert asyncio.run(first_event(new_trigger())) == DONE
    assert asked == [([3], "tcp://big:8786", OPEN)]
    assert threading.main_thread() not in threads


def test_a_connection_is_read_where_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trigger's own record in Airflow's database names it, and holds nothing of it."""
    extra = {"tls_ca": "/ca.pem", "tls_cert": "/cert.pem", "tags": "films"}
    told = {"conn_type": "dask", "host": "big", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_DASK_DEFAULT", json.dumps(told))
    asked = rendered_by(monkeypatch, lambda _: None)
    trigger = new_trigger("dask_default", address="dask_default")
    assert asyncio.run(first_event(trigger)) == DONE
    access = Access(tls_ca="/ca.pem", tls_cert="/cert.pem", tags=("films",))
    assert asked == [([3], "tls://big:8786", access)]
    assert "pem" not in str(trigger.serialize())


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (errors.InputError("Mend it."), True),
        (errors.Cancelled("It was cancelled."), True),
        (errors.StoreError("The store is away."), False),
        (errors.BatchStopped("The same error came again."), False),
    ],
)
def test_an_error_says_whether_another_try_can_mend_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception, final: bool
) -> None:
    def fail(_: Control) -> None:
        raise error

    rendered_by(monkeypatch, fail)
    assert asyncio.run(first_event(new_trigger())) == {"failure": str(error), "final": final}


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Control) -> None:
        raise ZeroDivisionError

    rendered_by(monkeypatch, fail)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(first_event(new_trigger()))


def test_what_a_lost_scheduler_forgot_is_given_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it goes, as long as clips end in between."""
    ways = iter([errors.SchedulerLost("It went."), errors.SchedulerAway("It is away."), None])

    def work(_: Control) -> None:
        if error := next(ways):
            raise error

    asked = rendered_by(monkeypatch, work)
    assert asyncio.run(first_event(new_trigger())) == DONE
    assert len(asked) == 3


def test_a_scheduler_that_stays_away_fails_the_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_: Control) -> None:
        raise errors.SchedulerAway("It is away.")

    asked = rendered_by(monkeypatch, work)
    assert asyncio.run(first_event(new_trigger())) == {"failure": "It is away.", "final": False}
    assert len(asked) > 1


def test_a_cluster_of_the_runs_own_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_: Control) -> None:
        raise errors.SchedulerLost("It went.")

    asked = rendered_by(monkeypatch, work)
    assert asyncio.run(first_event(new_trigger(scheduler=None))) == {"failure": "It went.", "final": False}
    assert len(asked) == 1


@pytest.mark.parametrize(("killed", "cancelled"), [(True, True), (False, False)])
def test_a_killed_task_cancels_its_work_and_a_triggerer_that_goes_leaves_it(
    monkeypatch: pytest.MonkeyPatch, killed: bool, cancelled: bool
) -> None:
    """As the triggerer does it: the run is cancelled, ``on_kill`` is called if a user did it, then ``cleanup``."""
    began, controls = threading.Event(), []

    def work(control: Control) -> None:
        controls.append(control)
        began.set()
        while not (control.cancelled or control.left):
            threading.Event().wait(0.01)

    async def play() -> None:
        trigger = new_trigger()
        running = asyncio.create_task(first_event(trigger))
        await asyncio.to_thread(began.wait, 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        if killed:
            await trigger.on_kill()
        await trigger.cleanup()

    rendered_by(monkeypatch, work)
    asyncio.run(play())
    assert [control.cancelled for control in controls] == [cancelled]
    assert controls[0].left


def test_a_shard_whose_time_is_over_is_cancelled_and_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by a triggerer that took it over late: the time is an instant, not a duration."""
    controls: list[Control] = []

    async def resolve(_: str) -> tuple[str, Access]:
        await asyncio.sleep(0.05)  # as a connection that is asked for
        return "tcp://big:8786", OPEN

    monkeypatch.setattr(hooks, "aresolve", resolve)

    def work(control: Control) -> None:
        controls.append(control)
        while not control.cancelled:
            threading.Event().wait(0.01)
        raise errors.Cancelled("It was cancelled.")

    rendered_by(monkeypatch, work)
    for seconds in (0.2, -3600):
        until = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        event = asyncio.run(first_event(new_trigger(until=until)))
        assert event["final"]
        assert event["failure"].startswith(f"Shard 3 was not done by {until}. Its work was cancelled")
    assert [control.cancelled for control in controls] == [True, True]


@pytest.mark.slow
def test_what_a_triggerer_that_is_gone_has_sent_is_cancelled_by_the_next_when_its_time_is_over(tmp_path: Path) -> None:
    """On a real cluster: most clips are not made, and nothing of the shard is left on the scheduler."""
    store = str(tmp_path / "store")
    settings = load(store=store, scratch=tmp_path / "scratch", cache=tmp_path / "cache", workers=1)
    manifest = write(tmp_path / "m.parquet", *map(str, range(40)), seconds=4.0, width=320, height=240, fps=24)
    batch = pipeline.intake(settings, manifest=manifest, run_key="late", now=NOW)
    assert batch
    pipeline.plan(settings, batch.id, now=NOW)

    with cluster.local(settings) as address, Asker(address) as asker:
        given = {"store": store, "scheduler": address, "scratch": str(settings.scratch), "cache": str(settings.cache)}

        def tasks() -> int:
            return len(asker.ask(batch.id, open_store(store).url).tasks)

        async def play() -> Any:
            first = ShardTrigger(batch=batch.id, shard=0, address=address, given=given)
            running = asyncio.create_task(first_event(first))
            while not await asyncio.to_thread(tasks):
                await asyncio.sleep(0.05)
            running.cancel()
            await first.cleanup()
            assert first._work
            await asyncio.wait([first._work])
            assert await asyncio.to_thread(tasks)
            return await first_event(
                ShardTrigger(batch=batch.id, shard=0, address=address, given=given, until=NOW.isoformat())
            )

        event = asyncio.run(play())
        assert "was not done by" in event["failure"]
        assert tasks() == 0
    status = pipeline.status(settings, batch.id)
    assert status.waiting > 30


def test_a_shard_that_is_done_in_time_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered_by(monkeypatch, lambda _: None)
    until = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    assert asyncio.run(first_event(new_trigger(until=until))) == DONE


def test_what_is_killed_before_it_began_has_nothing_to_cancel() -> None:
    async def play() -> None:
        await new_trigger().on_kill()
        await new_trigger().cleanup()

    asyncio.run(play())


def test_the_log_is_told_each_failure_and_now_and_then_how_far_it_is(caplog: pytest.LogCaptureFixture) -> None:
    ticks = iter([0.0, 5.0, 6.0, 16.0, 17.0])
    tell = Teller(logging.getLogger("task"), clock=lambda: next(ticks))
    with caplog.at_level(logging.INFO, logger="task"):
        for left, state in [(3, "made"), (2, "failed"), (1, "found"), (0, "made")]:
            result = JobResult(
                fingerprint="f", state=state, reason="It broke." if state == "failed" else "", fix="Mend it."
            )
            tell(SimpleNamespace(shard=7, result=result, left=left))
    assert [record.getMessage() for record in caplog.records] == [
        "1 of 4 clips of shard 7 are done, about 15 s are left",
        "A clip failed: It broke. Mend it.",
        "3 of 4 clips of shard 7 are done, about 5 s are left",
        "4 of 4 clips of shard 7 are done, about 0 s are left",
    ]
