"""Publishers, readers and upkeep of one catalog at once, in processes of their own: no row is lost or there twice."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import store_makers as makers

from render.model import End
from render.store import catalog
from render.store.catalog import delta, upkeep
from render.store.objects import ObjectStore, open_store

PUBLISHERS = 4
SHARED = range(1, 9)
"""Clips that every publisher brings."""
COUNTS = """
select (select count(*) from clips) as clips, (select count(distinct fingerprint) from clips) as different_clips,
    (select count(*) from checks) as figures,
    (select count(distinct (fingerprint, "check", name)) from checks) as different_figures,
    (select count(*) from requests) as requests,
    (select count(distinct (batch, row)) from requests) as different_requests
"""


def publish_many(url: str, number: int, seconds: float, said: Path) -> None:
    """Publish batches of three rows, each while it is under way and when it has ended, until the time is over.

    Every publisher compacts as soon as there are a few files, so that two of them do it at once.
    """
    upkeep.MANY = 4
    store, over, batches = open_store(url), time.monotonic() + seconds, 0
    while time.monotonic() < over:
        batch, mine = f"batch-{number}-{batches}", 100 + number + PUBLISHERS * batches
        records = [makers.record(clip) for clip in (SHARED[batches % len(SHARED)], mine)]
        for ended in ([], [makers.receipt(row, End.PUBLISHED, batch=batch) for row in range(3)]):
            makers.publish(
                store,
                batch,
                requests=makers.requests_table(makers.batch(id=batch), map(makers.planned, range(3)), [], ended),
                clips=catalog.clips_table(records),
                checks=catalog.checks_table(records),
            )
            catalog.relieve(store)
        batches += 1
    said.write_text(json.dumps(batches))


def read_many(url: str, until: Path, said: Path) -> None:
    """Count what is there again and again: once by a query, once by files that are a second old."""
    store, before, reads, wrong = open_store(url), 0, 0, []
    while not until.exists():
        snapshot = delta.load(store, "clips")
        counted = catalog.query(store, COUNTS).to_pylist()[0]
        kinds = ("clips", "figures", "requests")
        wrong += [f"{kind} twice: {counted}" for kind in kinds if counted[kind] != counted[f"different_{kind}"]]
        if counted["requests"] < before:
            wrong.append(f"requests are lost: {counted['requests']} after {before}")
        before, reads = counted["requests"], reads + 1
        if snapshot is not None:
            time.sleep(1)
            if len(snapshot.to_pyarrow_table(columns=["fingerprint"])) > counted["clips"]:
                wrong.append("an older snapshot has more clips")
    said.write_text(json.dumps({"reads": reads, "wrong": wrong}))


def play(url: str, folder: Path, *, seconds: float, grace_s: int) -> dict[str, int]:
    """Let all of them run for so long, tidying with a grace of ``grace_s``; give what came of it, or fail."""
    store = open_store(url)
    for name in delta.TABLES:
        delta._create(store, name)
        snapshot = delta.load(store, name)
        assert snapshot is not None
        snapshot.alter.set_table_properties({"delta.deletedFileRetentionDuration": f"interval {grace_s} seconds"})
    context = multiprocessing.get_context("spawn")
    told = [folder / f"publisher-{number}" for number in range(PUBLISHERS)]
    reader_told, over = folder / "reader", folder / "over"
    publishers = [
        context.Process(target=publish_many, args=(url, number, seconds, told[number])) for number in range(PUBLISHERS)
    ]
    reader = context.Process(target=read_many, args=(url, over, reader_told))
    for process in (*publishers, reader):
        process.start()
    compacted = removed = 0
    while any(process.is_alive() for process in publishers):
        for done in _tidied(store):
            compacted += done.compacted
            removed += done.stale if done.removed else 0
        time.sleep(0.5)
    over.touch()
    for process in (*publishers, reader):
        process.join()
    assert [process.exitcode for process in (*publishers, reader)] == [0] * (PUBLISHERS + 1)
    seen = json.loads(reader_told.read_text())
    assert not seen["wrong"], seen["wrong"][:3]
    batches = [json.loads(file.read_text()) for file in told]
    clips = {SHARED[batch % len(SHARED)] for done in batches for batch in range(done)}
    expected = {"clips": len(clips) + sum(batches), "requests": 3 * sum(batches)}
    expected["figures"] = 2 * expected["clips"]
    counted = catalog.query(store, COUNTS).to_pylist()[0]
    assert counted == expected | {f"different_{what}": count for what, count in expected.items()}
    assert catalog.query(store, 'select count(*) as n from requests where "end" is null').to_pylist() == [{"n": 0}]
    return {"batches": sum(batches), "compacted": compacted, "removed": removed, "reads": seen["reads"]}


def _tidied(store: ObjectStore) -> Iterator[upkeep.Upkeep]:
    for name in delta.TABLES:
        snapshot = delta.load(store, name)
        assert snapshot is not None
        yield upkeep._tidy(store, name, snapshot, None, do=True)
