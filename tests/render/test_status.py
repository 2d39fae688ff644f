"""Which batches there are, and how far each of them is."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from render import pipeline
from render.model import Batch, End
from render.settings import Settings, load


def taken_in(settings: Settings, folder: Path, day: int, *prompts: str) -> Batch:
    """A batch of bad rows (empty prompts) and of test cards."""
    path = folder / f"{day}.parquet"
    rows = [{"experiment": "e", "variant": "v", "prompt": prompt, "engine": "testcard"} for prompt in prompts]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return pipeline.intake(settings, manifest=str(path), run_key=f"run-{day}", now=at(day))


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 2, tzinfo=UTC)


def test_the_batches_of_a_store_newest_first(tmp_path: Path) -> None:
    settings = load(store=str(tmp_path / "store"))
    assert pipeline.latest(settings, 20) == ([], 0)
    late = taken_in(settings, tmp_path, 9, "one")
    done = taken_in(settings, tmp_path, 3, "", "", "")
    pipeline.run(settings, done.id, now=lambda: at(3))
    given_up = taken_in(settings, tmp_path, 5, "two", "")
    pipeline.cancel(settings, given_up.id, now=at(6))
    planned = taken_in(settings, tmp_path, 7, "three", "three", "")
    pipeline.plan(settings, planned.id, now=at(7))

    found, known = pipeline.latest(settings, 20)
    assert known == 4
    assert [(one.batch, one.state, one.rows) for one in found] == [
        (late.id, "taken in", None),
        (planned.id, "planned", 3),
        (given_up.id, "cancelled", 2),
        (done.id, "finished", 3),
    ]
    assert found[0].created_at == "2026-11-09T02:00:00+00:00"
    assert found[0].manifest == (tmp_path / "9.parquet").as_uri()
    assert [{end: number for end, number in one.ends.items() if number} for one in found] == [
        {},
        {},
        {End.REJECTED: 1, End.FAILED: 1},
        {End.REJECTED: 3},
    ]
    assert all(set(one.ends) == set(End) for one in found)
    assert pipeline.latest(settings, 2) == (found[:2], 4)
