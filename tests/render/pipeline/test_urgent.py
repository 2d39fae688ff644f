"""Two batches at once on one real cluster, from their manifests on: the urgent one goes first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_process import NOW, SMALL

from render import pipeline
from render.farm import cluster
from render.settings import Settings

pytestmark = pytest.mark.slow


def planned(settings: Settings, path: Path, rows: int, **columns: object) -> str:
    """A batch of clips of which no two are alike, so that each is a group of its own."""
    table = [
        {"experiment": path.stem, "variant": str(row), "prompt": "x", **SMALL, "seconds": 0.5 + row / 100, **columns}
        for row in range(rows)
    ]
    pq.write_table(pa.Table.from_pylist(table), path)
    batch = pipeline.intake(settings, manifest=str(path), run_key=path.stem, now=NOW)
    pipeline.plan(settings, batch.id, now=NOW)
    return batch.id


def test_an_urgent_batch_overtakes_a_nightly_one_at_the_next_free_worker(settings: Settings, tmp_path: Path) -> None:
    """Between its clips there is at most the one that the worker was given before; then the night goes on."""
    nightly = planned(settings, tmp_path / "nightly.parquet", 12)
    hurried = planned(settings, tmp_path / "urgent.parquet", 2, priority=5, height=66)
    ended: list[str] = []
    under_way = threading.Event()

    def render(address: str, batch: str) -> None:
        def note(_: pipeline.Progress) -> None:
            ended.append(batch)
            under_way.set()

        shards = pipeline.pending_shards(settings, batch)
        pipeline.render(settings, batch, shards, address=address, now=lambda: NOW, on_progress=note)

    with cluster.local(settings) as address, ThreadPoolExecutor(2) as pool:
        first = pool.submit(render, address, nightly)
        assert under_way.wait(60)
        second = pool.submit(render, address, hurried)
        for one in (second, first):
            one.result(timeout=120)
    places = [place for place, batch in enumerate(ended) if batch == hurried]
    assert len(ended) == 14
    assert places[-1] - places[0] <= len(places), ended
    assert ended[places[-1] + 1 :], "the night was over before the urgent batch came"
