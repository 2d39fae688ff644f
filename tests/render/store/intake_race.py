"""Runs that take from one inbox at once, in processes of their own: every manifest comes into one batch only."""

from __future__ import annotations

import itertools
import multiprocessing
import shutil
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from in_process import write

from render import pipeline
from render.settings import load
from render.store import batches, intakes, layout
from render.store.objects import open_store

TAKERS = 3
VICTIM = TAKERS - 1
"""The one that is killed, and started again."""


def take_many(url: str, inbox: str, name: str, until: Path) -> None:
    """Take what lies there under one run key after another, until told to stop; a checkpoint comes every few."""
    intakes.MANY = 3
    for number in itertools.count():
        last = until.exists()
        pipeline.intake(load(store=url), inbox=inbox, run_key=f"{name} {number}", now=datetime.now(UTC))
        if last:
            return


def play(url: str, folder: Path, *, seconds: float) -> dict[str, int]:
    """Drop manifests for so long, in ones and twos; give how many, and how many runs had some, or fail."""
    inbox, until = folder / "dropped", folder / "until"
    inbox.mkdir()
    sample = Path(write(folder / "sample.parquet", "one"))
    context = multiprocessing.get_context("spawn")

    def start(number: int, life: int = 0) -> multiprocessing.process.BaseProcess:
        process = context.Process(target=take_many, args=(url, str(inbox), f"taker {number} {life}", until))
        process.start()
        return process

    takers = [start(number) for number in range(TAKERS)]
    store, dropped, lives = open_store(url), 0, 0
    try:
        while not store.folders(layout.INTAKES):  # they import
            dropped += _drop(sample, inbox, dropped)
            time.sleep(0.2)
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            dropped += _drop(sample, inbox, dropped)
            time.sleep(0.1)
            if dropped % 25 == 24:
                takers[VICTIM].kill()
                takers[VICTIM].join()
                takers[VICTIM] = start(VICTIM, lives := lives + 1)
        until.touch()
        for process in takers:
            process.join()
    finally:
        for process in takers:
            process.kill()
    assert [process.exitcode for process in takers] == [0] * TAKERS
    intakes.settle(store)
    made = batches.records(store, batches.list_ids(store))
    took = Counter(file.url for batch in made for file in batch.manifests)
    assert set(took.values()) == {1}, took.most_common(3)
    assert len(took) == dropped
    assert intakes.load(store).entries == len(made)
    assert all(batch.manifests for batch in made)
    assert len({batch.run_key for batch in made}) == len(made)
    return {"manifests": dropped, "takers": len({batch.run_key.split()[1] for batch in made}), "batches": len(made)}


def _drop(sample: Path, inbox: Path, number: int) -> int:
    """Put one more manifest there, whole at once."""
    shutil.copy(sample, inbox / f".{number}")
    (inbox / f".{number}").rename(inbox / f"{number}.parquet")
    return 1
