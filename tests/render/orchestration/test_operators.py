"""What each operator asks of the pipeline and of the farm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException, TaskDeferred
from in_process import write

from render import errors, pipeline
from render.farm import cluster
from render.model import End
from render.orchestration import operators
from render.orchestration.operators import (
    CloseFarmOperator,
    IntakeOperator,
    OpenFarmOperator,
    PublishOperator,
    RenderShardOperator,
    VerdictOperator,
)
from render.orchestration.run import now
from render.store import batches
from render.store.objects import open_store


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path))
    return tmp_path


def context(*, states: dict[str, str] | None = None, **params: Any) -> Any:
    ti = SimpleNamespace(dag_id="d", run_id="r", get_task_states=lambda **_: {"r": states or {}})
    return {"params": params, "dag_run": SimpleNamespace(logical_date=None, run_id="r"), "ti": ti}


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    homes: list[Path] = []
    monkeypatch.setattr(cluster, "spawn", lambda _, home, **__: homes.append(home) or "tcp://own:1")
    return homes


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    addresses: list[str] = []
    monkeypatch.setattr(cluster, "stop", addresses.append)
    return addresses


def test_a_run_with_shards_starts_a_farm_in_its_own_home(spawned: list[Path], scratch: Path) -> None:
    assert OpenFarmOperator(task_id="t", shards=[0]).execute(context()) == "tcp://own:1"
    assert [home.parent for home in spawned] == [scratch / "farms"]


def test_a_farm_that_is_there_is_used(spawned: list[Path]) -> None:
    assert OpenFarmOperator(task_id="t", shards=[0]).execute(context(scheduler="tcp://big:8786")) == "tcp://big:8786"
    assert spawned == []


def test_a_connection_that_is_not_there_is_told_before_anything_waits_for_it(spawned: list[Path]) -> None:
    with pytest.raises(errors.InputError, match="no Airflow connection 'dask_default'"):
        OpenFarmOperator(task_id="t", shards=[0]).execute(context(scheduler="dask_default"))
    assert spawned == []


def test_without_shards_no_farm_is_started(spawned: list[Path]) -> None:
    assert OpenFarmOperator(task_id="t", shards=[]).execute(context()) == ""
    assert spawned == []


def test_only_a_farm_of_our_own_is_stopped(stopped: list[str]) -> None:
    for address, scheduler in [("", None), (None, None), ("tcp://big:8786", "tcp://big:8786"), ("tcp://own:1", None)]:
        CloseFarmOperator(task_id="t", address=address).execute(context(scheduler=scheduler))
    assert stopped == ["tcp://own:1"]


def test_a_shards_task_is_handed_to_the_trigger_with_what_the_run_was_given() -> None:
    operator = RenderShardOperator(task_id="t", batch="b", shard=3, address="tcp://own:1")
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context(store="s3://bucket/store"))
    assert deferred.value.method_name == operator.conclude.__name__
    given = {"store": "s3://bucket/store", "scheduler": None, "workers": None, "jobs_per_shard": None}
    assert deferred.value.trigger.serialize()[1] == {
        "batch": "b", "shard": 3, "address": "tcp://own:1", "given": given, "until": None,
    }  # fmt: skip
    assert deferred.value.timeout is None  # else Airflow would let the trigger go, and Dask go on


def test_a_shards_time_is_bounded_if_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_SHARD_SECONDS", "3600")
    before = now()
    with pytest.raises(TaskDeferred) as deferred:
        RenderShardOperator(task_id="t", batch="b", shard=3, address="tcp://own:1").execute(context())
    until = datetime.fromisoformat(deferred.value.trigger.serialize()[1]["until"])
    assert before <= until - timedelta(hours=1) <= now()


@pytest.mark.parametrize(
    ("failure", "final", "raised"),
    [("", False, None), ("It went.", False, AirflowException), ("Mend it.", True, AirflowFailException)],
)
def test_a_shard_ends_as_its_trigger_says(failure: str, final: bool, raised: type[Exception] | None) -> None:
    operator = RenderShardOperator(task_id="t", batch="b", shard=3, address="tcp://own:1")
    event = {"failure": failure, "final": final}
    if raised is None:
        operator.conclude(context(), event)
    else:
        with pytest.raises(raised, match=failure) as error:
            operator.conclude(context(), event)
        assert error.type is raised


def test_without_a_batch_there_is_nothing_to_publish() -> None:
    with pytest.raises(AirflowSkipException):
        PublishOperator(task_id="t", batch=None).execute(context())


def test_nights_that_are_made_up_for_get_a_batch_each_and_share_no_manifest(scratch: Path) -> None:
    """As a backfill runs them, in any order, and again: each date keeps what it took; a third finds nothing."""
    store, inbox = str(scratch / "store"), scratch / "store" / "inbox"
    inbox.mkdir(parents=True)

    def intake(day: int) -> tuple[str, list[str]]:
        given = context(store=store)
        given["dag_run"] = SimpleNamespace(
            logical_date=datetime(2026, 11, day, 2, tzinfo=UTC), run_id=f"backfill__{day}"
        )
        batch = IntakeOperator(task_id="intake").execute(given)
        return batch, [manifest.url.rpartition("/")[2] for manifest in batches.load(open_store(store), batch).manifests]

    write(inbox / "a.parquet", "one")
    later = intake(6)
    write(inbox / "b.parquet", "two")
    earlier = intake(5)
    assert [later[1], earlier[1]] == [["a.parquet"], ["b.parquet"]]
    assert later[0] != earlier[0]
    with pytest.raises(AirflowSkipException):
        intake(7)
    assert [intake(6), intake(5)] == [later, earlier]


GREEN = {"intake": "success", "render_shard_0": "success", "publish": "success"}


@pytest.mark.parametrize(
    ("states", "ends", "waiting", "words"),
    [
        (GREEN, {End.PUBLISHED: 3, End.REJECTED: 2}, 0, None),
        ({"render_shard": "skipped"}, {}, 0, None),
        (GREEN | {"render_shard_1": "failed"}, {End.PUBLISHED: 3}, 0, "Task render_shard_1 is failed"),
        (GREEN | {"publish": "upstream_failed"}, {}, 0, "Task publish is upstream_failed"),
        (GREEN, {End.PUBLISHED: 1}, 2, "2 rows have no end yet"),
        (GREEN, {End.FAILED: 2}, 0, "2 rows failed, 1 are allowed"),
        (GREEN, {End.FAILED: 1}, 0, None),
    ],
)
def test_the_verdict(
    monkeypatch: pytest.MonkeyPatch, states: dict[str, str], ends: dict[End, int], waiting: int, words: str | None
) -> None:
    monkeypatch.setenv("NIGHTREEL_ALLOW_FAILED", "1")
    monkeypatch.setattr(pipeline, "status", lambda *_: SimpleNamespace(ends=ends, waiting=waiting, refused=()))
    operator = VerdictOperator(task_id="t", batch="b")
    if words is None:
        operator.execute(context(states=states))
    else:
        with pytest.raises(AirflowFailException, match=words):
            operator.execute(context(states=states))
    assert operator.ends == ends


@pytest.mark.parametrize(
    ("ends", "waiting", "refused", "then"),
    [
        ({End.PUBLISHED: 3}, 0, 2, [operators.MEND_REFUSED]),
        ({End.FAILED: 2}, 0, 1, [operators.MEND_REFUSED, operators.TRY_FAILED]),
        ({End.PUBLISHED: 1}, 2, 1, []),
    ],
)
def test_what_clearing_does_not_mend_is_told_with_what_does(
    monkeypatch: pytest.MonkeyPatch, ends: dict[End, int], waiting: int, refused: int, then: list[str]
) -> None:
    """What an inbox held, and how rows ended, stands in the batch's records; rows without an end go on when cleared."""
    files = [SimpleNamespace(reason=f"File {number} is broken.") for number in range(refused)]
    monkeypatch.setattr(pipeline, "status", lambda *_: SimpleNamespace(ends=ends, waiting=waiting, refused=files))
    operator = VerdictOperator(task_id="t", batch="b")
    with pytest.raises(AirflowFailException, match=r"Refused from the inbox: File 0 is broken\."):
        operator.execute(context(states=GREEN))
    assert operator.then == " ".join(then)


def test_rows_that_are_not_counted_are_not_called_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage that is away tells of no batch how many rows it has."""

    def away(*_: Any) -> Any:
        raise errors.StoreError("It is away.")

    monkeypatch.setattr(pipeline, "status", away)
    operator = VerdictOperator(task_id="t", batch="b")
    with pytest.raises(AirflowFailException, match="It is away"):
        operator.execute(context(states=GREEN))
    assert operator.ends is None


def test_an_intake_that_failed_is_a_failed_run() -> None:
    with pytest.raises(AirflowFailException, match="Task intake is failed"):
        VerdictOperator(task_id="t", batch=None).execute(context(states={"intake": "failed"}))
