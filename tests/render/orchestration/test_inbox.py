"""The trigger that sees what arrives: what it fires, what it survives, and that it holds nobody up."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow._shared.module_loading import import_string
from in_process import NOW, write

from render import errors, pipeline
from render.orchestration import inbox
from render.orchestration.inbox import InboxTrigger
from render.settings import load


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "POLL_SECONDS", 0.01)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


async def events(trigger: InboxTrigger, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> list[Any]:
    """What it fires in so long; ``meanwhile`` happens after half of it."""
    fired: list[Any] = []

    async def listen() -> None:
        async for event in trigger.run():
            fired.append(event.payload)  # noqa: PERF401 - it never ends

    listening = asyncio.create_task(listen())
    await asyncio.sleep(seconds / 2)
    meanwhile()
    await asyncio.sleep(seconds / 2)
    assert not listening.done()
    listening.cancel()
    return fired


def names(fired: list[Any]) -> list[str]:
    return [Path(payload["url"]).name for payload in fired]


def test_it_is_stored_and_made_anew_with_all_that_it_needs() -> None:
    path, arguments = InboxTrigger(inbox="s3://elsewhere/inbox").serialize()
    assert import_string(path)(**arguments).serialize() == (path, arguments)


def test_each_manifest_fires_once_and_again_with_another_content(store: Path) -> None:
    """From before there is an inbox; the event says which file and which content."""

    def change() -> None:
        write(store / "inbox/a.parquet", "one")
        write(store / "inbox/b.parquet", "two")

    async def play() -> tuple[list[Any], list[Any]]:
        trigger = InboxTrigger()
        first = await events(trigger, 3, change)
        write(store / "inbox/a.parquet", "another")
        return first, await events(trigger, 1.5)

    first, second = asyncio.run(play())
    assert names(first) == ["a.parquet", "b.parquet"]
    assert [set(payload) for payload in first] == [{"url", "sha256", "bytes"}] * 2
    # The second watch began anew, as after a restart of the triggerer: what no batch took is told again.
    assert names(second) == ["a.parquet", "b.parquet"]
    assert first[0] != second[0]
    assert first[1] == second[1]


def test_a_restart_tells_nothing_that_was_taken_or_refused(store: Path) -> None:
    write(store / "inbox/a.parquet", "one")
    (store / "inbox/bad.parquet").write_bytes(b"PAR1")
    batch = pipeline.intake(load(store=str(store)), run_key="a run", now=NOW)
    assert batch
    assert batch.refused
    assert asyncio.run(events(InboxTrigger(), 1.5, lambda: write(store / "inbox/c.parquet", "new"))) != []
    assert names(asyncio.run(events(InboxTrigger(), 1))) == ["c.parquet"]


def test_another_inbox_can_be_watched(store: Path, tmp_path: Path) -> None:
    write(tmp_path / "drop/a.parquet", "one")
    assert names(asyncio.run(events(InboxTrigger(inbox=str(tmp_path / "drop")), 1))) == ["a.parquet"]


def test_storage_that_is_away_is_waited_for_and_told_once(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So are settings that do not fit: whoever mends them need not start the triggerer anew."""
    looks: list[str] = []

    def watch(*_: Any, **__: Any) -> Callable[[], list[Any]]:
        def look() -> list[Any]:
            looks.append("look")
            raise errors.StoreError(f"The store is away, request {len(looks)}.")

        return look

    true = pipeline.watch
    monkeypatch.setattr(pipeline, "watch", watch)
    write(store / "inbox/a.parquet", "one")
    trigger = InboxTrigger()

    assert asyncio.run(events(trigger, 0.5)) == []
    monkeypatch.setenv("NIGHTREEL_WORKERS", "many")
    monkeypatch.setattr(pipeline, "watch", true)
    assert names(asyncio.run(events(trigger, 2, lambda: monkeypatch.delenv("NIGHTREEL_WORKERS")))) == ["a.parquet"]
    assert len(looks) > 3
    said = capsys.readouterr().out.splitlines()
    assert len([line for line in said if "request 1. It is tried again" in line]) == 1
    assert len([line for line in said if "cannot be looked at" in line]) == 2
    assert len([line for line in said if "can be looked at again" in line]) == 1


def test_a_file_that_cannot_be_read_is_named_and_not_the_inbox(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    """It holds no other up, and is told once it can be read."""
    monkeypatch.setenv("NIGHTREEL_MANIFEST_ROOTS", json.dumps([str(store)]))
    outside = write(tmp_path / "elsewhere.parquet", "one")
    write(store / "inbox/b.parquet", "two")
    (store / "inbox/a.parquet").symlink_to(outside)
    assert names(asyncio.run(events(InboxTrigger(), 2))) == ["b.parquet"]
    said = [line for line in caplog.messages if "a.parquet" in line]
    assert len(said) == 1
    assert "manifest_roots" in said[0]
    assert "The inbox" not in capsys.readouterr().out


def test_a_slow_store_holds_no_other_trigger_up(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop goes on while a listing takes its time, and while settings are read and code is imported."""
    threads: set[threading.Thread] = set()

    def slow(*_: Any, **__: Any) -> Callable[[], list[Any]]:
        threads.add(threading.current_thread())
        time.sleep(0.3)
        return lambda: time.sleep(0.3) or threads.add(threading.current_thread()) or []

    monkeypatch.setattr(pipeline, "watch", slow)
    longest = 0.0

    async def play() -> None:
        nonlocal longest
        watching = asyncio.create_task(events(InboxTrigger(), 1.5))
        while not watching.done():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)

    asyncio.run(play())
    assert threads
    assert threading.main_thread() not in threads
    assert longest < 0.25
