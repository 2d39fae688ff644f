"""Two batches at once on one real cluster, from their manifests on: the urgent one goes first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_process import NOW, SMALL

from render import pipeline
from render.farm import cluster, dispatch
from render.settings import Settings

pytestmark = pytest.mark.slow

NIGHTLY, OTHER = 12, 6


def planned(settings: Settings, path: Path, rows: int, priority: int) -> str:
    """A batch of clips of which no two are alike, so that each is a group of its own."""
    row = {"experiment": path.stem, "prompt": path.stem, "priority": priority, **SMALL}
    table = [row | {"variant": str(number), "seconds": 0.5 + number / 100} for number in range(rows)]
    pq.write_table(pa.Table.from_pylist(table), path)
    batch = pipeline.intake(settings, manifest=str(path), run_key=path.stem, now=NOW)
    pipeline.plan(settings, batch.id, now=NOW)
    return batch.id


def gone_by(settings: Settings, folder: Path, address: str, priority: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Begin a night, then give a batch of this priority; how many clips of the night end between the batch's."""
    nightly = planned(settings, folder / f"nightly-{priority}.parquet", NIGHTLY, 0)
    other = planned(settings, folder / f"other-{priority}.parquet", OTHER, priority)
    ended: list[str] = []
    under_way = threading.Event()
    run = dispatch.run

    def begin(address: str, jobs: Any, *, batch: str, **options: Any) -> None:
        def later() -> Iterator[Any]:
            assert under_way.wait(60)
            yield from jobs

        run(address, later() if batch == other else jobs, batch=batch, **options)

    def render(batch: str) -> None:
        def note(_: pipeline.Progress) -> None:
            ended.append(batch)
            under_way.set()

        shards = pipeline.pending_shards(settings, batch)
        pipeline.render(settings, batch, shards, address=address, now=lambda: NOW, on_progress=note)

    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(dispatch, "run", begin)
        for one in [pool.submit(render, batch) for batch in (other, nightly)]:
            one.result(timeout=120)
    assert len(ended) == NIGHTLY + OTHER
    assert ended[-1] == nightly, "the night was over before the other batch came"
    places = [place for place, batch in enumerate(ended) if batch == other]
    return places[-1] + 1 - places[0] - OTHER


def test_an_urgent_batch_overtakes_a_nightly_one_at_the_next_free_worker(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its clips there is at most the one that the worker was given before; a batch that is not urgent waits."""
    with cluster.local(settings) as address:
        assert gone_by(settings, tmp_path, address, 0, monkeypatch) > 2
        assert gone_by(settings, tmp_path, address, 5, monkeypatch) <= 1
