"""Crash enumeration of taking from an inbox: every operation on storage, in each way that it can go wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import trouble
from in_process import NOW, write
from on_directory import LATE, Crash, Process
from trouble import Case

from render import errors, pipeline
from render.settings import Settings, load
from render.store import batches, intakes
from render.store.objects import open_store


def take(settings: Settings, key: str, case: Case | None = None) -> list[str]:
    """One intake, into the case's trouble if there is one; gives what it did to storage."""
    process = Process(case)
    with process.lives():
        try:
            pipeline.intake(settings, run_key=key, now=NOW)
        except (Crash, errors.StoreError):
            assert case, "an undisturbed intake failed"
    return process.done


def prepared(folder: Path) -> Settings:
    """A store with one batch taken, and a manifest and a broken one that nobody took."""
    settings = load(store=str(folder / "store"), scratch=folder / "scratch")
    write(folder / "store/inbox/a.parquet", "one")
    pipeline.intake(settings, run_key="before", now=NOW)
    write(folder / "store/inbox/b.parquet", "two")
    (folder / "store/inbox/c.parquet").write_bytes(b"PAR1")
    return settings


@pytest.mark.parametrize("next_key", ["mine", "another's"])
def test_whatever_an_operation_comes_to_nothing_is_lost_or_taken_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, next_key: str
) -> None:
    """The next run, be it of the same key or another, leaves each file in one batch, and the key with its batch."""
    monkeypatch.setattr(intakes, "MANY", 1)  # a checkpoint each time
    done = take(prepared(tmp_path / "undisturbed"), "mine")
    assert "DirectoryStore.put_if_absent" in done
    for case in trouble.cases(done, LATE):
        settings = prepared(tmp_path / f"{case.at}-{case.mode}")
        take(settings, "mine", case)
        write(Path(settings.store) / "inbox/d.parquet", "three")
        take(settings, next_key)
        taken = pipeline.intake(settings, run_key="mine", now=NOW)
        assert pipeline.intake(settings, run_key="mine", now=NOW) == taken
        pipeline.intake(settings, run_key="last", now=NOW)
        store = open_store(settings.store)
        made = batches.records(store, batches.list_ids(store))
        files = Counter(
            Path(file.url).name for batch in made for file in (*batch.manifests, *(one.file for one in batch.refused))
        )
        assert files == dict.fromkeys(("a.parquet", "b.parquet", "c.parquet", "d.parquet"), 1), case
        assert intakes.load(store).batches == {batch.id for batch in made}
