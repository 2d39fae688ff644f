"""The takedown's operator: of which store, in whose name, and whom it tells what."""

from __future__ import annotations

import getpass
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from in_process import InProcess, go, raising, write

from render import errors
from render.farm import dispatch
from render.orchestration import chain
from render.orchestration.takedown import TakedownOperator
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


def take(*clips: str, triggered_by: str | None = None, outlets: tuple[Any, ...] = (), **params: Any) -> dict[Any, Any]:
    """Run the task; gives the events of its outlets."""
    events: dict[Any, Any] = defaultdict(SimpleNamespace)
    context = {
        "params": {"clips": [*clips], "reason": "consent revoked", **params},
        "dag_run": SimpleNamespace(triggering_user_name=triggered_by),
        "outlet_events": events,
    }
    assert TakedownOperator(task_id="withdraw", outlets=[*outlets]).execute(context) is None
    return events


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
    events = take(batch.clips[0].fingerprint, by="ada", outlets=(chain.CATALOG,))
    assert events[chain.CATALOG].extra == {"clips": 1, "withdrawn": 1, "batches": 1}


def test_who_reads_the_catalog_is_told_all_by_the_try_that_completes_it(
    batch: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One before changed the catalog, could not remove the objects and failed: Airflow told nothing of that one."""
    clip = batch.clips[0].fingerprint
    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "purge", raising(errors.StoreError("Forbidden.")))
        with pytest.raises(errors.StoreError, match="Forbidden"):
            take(clip, by="ada", outlets=(chain.CATALOG,))
    assert catalog.query(open_store(load().store), 'select "end" from results')["end"].to_pylist() == ["withdrawn"]
    events = take(clip, by="ada", outlets=(chain.CATALOG,))
    assert events[chain.CATALOG].extra == {"clips": 1, "withdrawn": 1, "batches": 1}


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
