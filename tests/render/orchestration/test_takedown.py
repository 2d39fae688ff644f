"""The takedown's operators: of which store, in whose name, and who is told what."""

from __future__ import annotations

import getpass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowSkipException
from in_process import InProcess, go, raising, write

from render import errors
from render.farm import dispatch
from render.orchestration import chain, retries
from render.orchestration.takedown import TakedownOperator, TellWithdrawnOperator
from render.settings import load
from render.status import Status
from render.store import catalog, layout, tombstones
from render.store.directory import DirectoryStore
from render.store.objects import open_store

CLIP = "01" * 32


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Status:
    """A batch in the store that tasks use, and of the same manifest one in another store."""
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(dispatch, "run", InProcess().run)
    manifest = write(tmp_path / "m.parquet", "one")
    go(load(store=str(tmp_path / "other")), manifest)
    return go(load(), manifest)


def take(*clips: str, triggered_by: str | None = None, **params: Any) -> None:
    """Run the task that takes them down."""
    context = {
        "params": {"clips": [*clips], "reason": "consent revoked", **params},
        "dag_run": SimpleNamespace(triggering_user_name=triggered_by),
    }
    assert TakedownOperator(task_id="withdraw").execute(context) is None


def told(*clips: str) -> dict[str, int]:
    """Run the task that comes after it, whatever became of that; gives what the DAGs are told that read the catalog."""
    events: dict[Any, dict[str, int]] = {}
    context = {
        "params": {"clips": [*clips], "reason": "consent revoked"},
        "outlet_events": {chain.CATALOG_NOW_AND_THEN: SimpleNamespace(add=events.__setitem__)},
    }
    TellWithdrawnOperator(task_id="tell", outlets=[chain.CATALOG_NOW_AND_THEN]).execute(context)
    return events[chain.CATALOG]


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A clip of which an object lies in the store that tasks use, and no row wants it."""
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    open_store(str(tmp_path / "store")).put(layout.clip_object(CLIP, "attempt", "clip"), b"left")
    return CLIP


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"triggered_by": "ada"}, "ada"),
        ({"triggered_by": "ada", "by": "legal"}, "legal"),
        ({"triggered_by": getpass.getuser(), "by": "legal"}, "legal"),
    ],
)
def test_who_is_said_to_have_taken_it_down(
    given: dict[str, Any], said: str, clip: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever the run names, else who triggered it; the log says both."""
    take(clip, **given)
    assert tombstones.of(open_store(str(tmp_path / "store")), pa.array([clip]))[clip].withdrawn_by == said
    assert f"By {said}, in a run that {given['triggered_by']} triggered" in capsys.readouterr().out


@pytest.mark.parametrize("triggered_by", [getpass.getuser(), None])
def test_the_account_of_airflows_own_processes_is_nobody(clip: str, tmp_path: Path, triggered_by: str | None) -> None:
    """Airflow's command line, typed in a pod, gives that one; a tombstone is kept for good."""
    with pytest.raises(errors.InputError, match='trigger another one with "by"'):
        take(clip, triggered_by=triggered_by)
    assert open_store(str(tmp_path / "store")).list(layout.TOMBSTONES) == []


def test_dags_that_read_the_catalog_are_told(batch: Status) -> None:
    clip = batch.clips[0].fingerprint
    take(clip, by="ada")
    assert told(clip) == {"clips": 1, "withdrawn": 1, "batches": 1}


def test_they_are_told_of_a_takedown_that_could_not_remove_the_objects(
    batch: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changed the catalog and failed: whoever completes it, be it by command, the readers know already."""
    clip = batch.clips[0].fingerprint
    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "purge", raising(errors.StoreError("Forbidden.")))
        with pytest.raises(errors.StoreError, match="Forbidden"):
            take(clip, by="ada")
    assert told(clip) == {"clips": 1, "withdrawn": 1, "batches": 1}


def test_they_are_not_told_of_one_that_could_not_change_the_catalog(
    batch: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = batch.clips[0].fingerprint
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "withdraw", raising(errors.StoreError("Busy.")))
        with pytest.raises(errors.StoreError, match="Busy"):
            take(clip, by="ada")
    with pytest.raises(AirflowSkipException, match="no row"):
        told(clip)


@pytest.mark.parametrize("name", ["0" * 64, "0" * 8, "file:///elsewhere"])
def test_they_are_not_told_of_one_that_named_no_clip(batch: Status, name: str) -> None:
    """That has failed and said why; this says nothing of it again."""
    with pytest.raises(AirflowSkipException):
        told(name)


def test_storage_that_is_away_when_they_are_to_be_told_is_tried_again(
    batch: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = batch.clips[0].fingerprint
    take(clip, by="ada")
    monkeypatch.setattr(catalog, "requests_of", raising(errors.StoreError("It is away.")))
    with pytest.raises(errors.StoreError) as failure:
        told(clip)
    assert not retries.stays(failure.value)


@pytest.mark.parametrize("asked", ["store", None])
def test_a_uri_of_another_store_takes_nothing_of_the_runs_own_down(
    batch: Status, tmp_path: Path, asked: str | None
) -> None:
    """The same clip is in both. Where the run names a store it is refused, else it leads where it says."""
    (clip,) = batch.clips
    uri = clip.uri.replace(str(tmp_path / "store"), str(tmp_path / "other"))
    if asked:
        with pytest.raises(errors.InputError, match="in 2 stores"):
            take(uri, by="ada", store=str(tmp_path / asked))
    else:
        take(uri, by="ada")
    left = [name for name in ("store", "other") if open_store(str(tmp_path / name)).list(layout.clip(clip.fingerprint))]
    assert left == (["store", "other"] if asked else ["store"])
