"""A takedown that dies at an operation on storage, in each way: given again, it comes to what one without does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import subject
import trouble
from on_directory import LATE, Crash, Process
from trouble import Case

from render import errors, takedown
from render.status import status_of
from render.store import batches, catalog, layout, tombstones
from render.store.objects import open_store

pytestmark = pytest.mark.slow

FIRST, AGAIN = (datetime(2026, 11, 29, hour, tzinfo=UTC) for hour in (12, 13))
PLAYED = 12
"""Cases, spread over all operations; ``python tests/chaos/test_takedown_crashes.py`` plays every one."""


def published(folder: Path) -> str:
    """A store with the published batch of :mod:`subject`; gives the clip that serves two of its rows."""
    settings, manifest = subject.prepare(folder)
    assert subject.give_command(settings, manifest, 1) is None
    store = open_store(settings.store)
    sql = "select fingerprint from requests group by all having count(*) = 2 and fingerprint is not null"
    return catalog.query(store, sql).to_pylist()[0]["fingerprint"]


def withdraw(folder: Path, clip: str, *, case: Case | None = None, by: str = "ada", now: datetime = FIRST) -> list[str]:
    """Take the clip down, or begin to; give the operations on storage."""
    process, store = Process(case), open_store(str(folder / "store"))
    with process.lives():
        try:
            takedown.withdraw(store, [clip], reason="consent revoked", by=by, now=now)
        except (Crash, errors.StoreError):
            assert case
    return process.done


def end_of(folder: Path, clip: str) -> dict[str, Any]:
    """All that people and programs see of the store: objects, catalog, status, report."""
    store = open_store(str(folder / "store"))
    (batch,) = batches.list_ids(store)
    tombstone = tombstones.find(store, clip)
    assert tombstone
    status = status_of(store, batch)
    return {
        "objects": [path for path in store.list() if not path.startswith(layout.CATALOG)],
        "half-written": store.sweep_temporary(older_than_s=-1.0),
        "by": tombstone.withdrawn_by,
        "requests": catalog.query(store, 'select row, "end", fix, uri is null from results order by row').to_pylist(),
        "clips": catalog.query(store, "select fingerprint, withdrawn_by from clips order by 1").to_pylist(),
        "ends": status.ends,
        "uris": [one.uri != "" for one in status.clips],
        "page": f"{clip}/" in store.get(layout.report(batch)).decode(),
        "told": {one["reason"] for one in catalog.query(store, "select reason from requests").to_pylist()}
        >= {tombstone.sentence},
    }


def cases(folder: Path, clip: str) -> tuple[list[Case], dict[str, dict[str, Any]]]:
    """Every case, and the end of an undisturbed takedown by each of the two."""
    done, ends = [], {}
    for by in ("ada", "bob"):
        undisturbed = folder / f"undisturbed-{by}"
        shutil.copytree(folder / "store", undisturbed / "store")
        done = withdraw(undisturbed, clip, by=by)
        ends[by] = end_of(undisturbed, clip)
    return trouble.cases(done, LATE), ends


def violated(folder: Path, clip: str, ends: dict[str, dict[str, Any]], played: Sequence[Case]) -> Iterator[str]:
    """What is otherwise after a case and the command given again by another, who counts if the first left no word."""
    for case in played:
        trial = folder / f"case-{case.at}-{case.mode.name}"
        shutil.copytree(folder / "store", trial / "store")
        withdraw(trial, clip, case=case)
        wanted = ends["ada" if tombstones.find(open_store(str(trial / "store")), clip) else "bob"]
        withdraw(trial, clip, by="bob", now=AGAIN)
        if (found := end_of(trial, clip)) != wanted:
            yield f"{case}: { ({name: value for name, value in found.items() if value != wanted[name]}) }"
        shutil.rmtree(trial)


def test_a_takedown_that_died_is_completed_by_the_same_command(tmp_path: Path) -> None:
    clip = published(tmp_path)
    every, ends = cases(tmp_path, clip)
    assert [(by, end["by"], end["page"], end["told"]) for by, end in ends.items()] == [
        (by, by, False, True) for by in ("ada", "bob")
    ]
    step = len(every) / PLAYED
    played = [every[int(number * step) + number % 3] for number in range(PLAYED)]
    assert not list(violated(tmp_path, clip, ends, played))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory(prefix="nightreel-takedown-") as name:
        clip_ = published(Path(name))
        every_, ends_ = cases(Path(name), clip_)
        wrong = list(violated(Path(name), clip_, ends_, every_))
        print(f"{len(every_)} cases, {len(wrong)} violated", *wrong, sep="\n")
