"""Which clips are there, and how the nearest one differs from what is to be rendered."""

from dataclasses import replace

import as_tables
import pyarrow as pa
import pytest

from render.model import ClipRecord, Job, Row, StoredObject
from render.planning import history
from render.store import catalog, layout
from render.store.objects import ObjectStore, open_store

JOB = Job(
    fingerprint="a" * 64, prompt="A ball falls", negative_prompt="", style="realistic", duration_ms=4000, width=640,
    height=360, fps=24, seed=0, engine="world", engine_revision="world-2",
)  # fmt: skip
RECORD = ClipRecord(
    version=1, job=JOB, attempt="early-1", batch="early", engine_simulated=True, figures=(), understanding=None,
    objects={"clip": StoredObject(path="clips/a.mp4", sha256="0" * 64, bytes=1, media_type="video/mp4")}, events=(),
    captions=(), render_seconds=1.0, cpu_seconds=1.0, cost_usd=0.0, worker="w", created_at="2026-11-22T10:00:00+00:00",
)  # fmt: skip


@pytest.fixture
def store(tmp_path) -> ObjectStore:
    return open_store(str(tmp_path))


def publish(store: ObjectStore, *jobs: Job) -> None:
    """Each job's clip, made an hour later than the one before it."""
    records = [
        replace(RECORD, job=job, created_at=f"2026-11-22T{number:02}:00:00+00:00") for number, job in enumerate(jobs)
    ]
    catalog.publish_clips(store, catalog.clips_table(records), catalog.checks_table(()))


def told(store: ObjectStore, *rows: Row, revision: str = "world-3") -> list[str | None]:
    table = as_tables.of_rows(rows).append_column("engine_revision", pa.repeat(revision, len(rows)))
    return history.explain(store, table, pa.array([True] * len(rows))).to_pylist()


ROW = Row(row=0, experiment="e", variant="a", prompt="A ball falls")


def test_without_a_clip_of_the_prompt_there_is_nothing_to_tell(store):
    assert told(store, ROW) == [None]
    publish(store, JOB)
    assert told(store, replace(ROW, prompt="Another"), replace(ROW, engine="testcard")) == [None, None]


def test_each_difference_is_told_in_order(store):
    publish(store, JOB)
    changed = replace(ROW, style="anime", width=320, height=180, fps=30, duration_ms=2000, seed=7)
    assert told(store, ROW, changed) == [
        "engine revision changed from world-2 to world-3",
        "; ".join(
            [
                *("engine revision changed from world-2 to world-3", "style changed from realistic to anime"),
                *("width changed from 640 to 320", "height changed from 360 to 180", "fps changed from 24 to 30"),
                *("seconds changed from 4.0 to 2.0", "seed changed from 0 to 7"),
            ]
        ),
    ]


def test_what_the_catalog_does_not_tell_apart_is_named(store):
    publish(store, JOB)
    assert told(store, ROW, revision="world-2") == [history.SAME]


def test_the_nearest_clip_counts(store):
    publish(store, replace(JOB, fingerprint="b" * 64, seed=3), JOB, replace(JOB, fingerprint="c" * 64, style="anime"))
    assert told(store, ROW) == ["engine revision changed from world-2 to world-3"]
    assert told(store, replace(ROW, seed=3), revision="world-2") == [history.SAME]


def test_a_clip_that_differs_by_its_engine_alone_is_found_among_many_newer_ones(store):
    others = [replace(JOB, fingerprint=f"{seed:064x}", seed=seed) for seed in range(1, 3 * history.NEWEST)]
    publish(store, JOB, *others)
    assert told(store, ROW) == ["engine revision changed from world-2 to world-3"]


def test_only_chosen_rows_are_told_of(store):
    publish(store, JOB)
    table = as_tables.of_rows([ROW, replace(ROW, seed=1)]).append_column("engine_revision", pa.repeat("world-2", 2))
    assert history.explain(store, table, pa.array([False, True])).to_pylist() == ["seed changed from 0 to 1"]


@pytest.mark.parametrize(
    ("few", "known"),
    [
        (3, [None, "unpublished", None]),
        (1, ["early", "unpublished", None]),
        (1, ["early", "unpublished", None, None]),
        (0, ["early", None, None, None]),
    ],
)
def test_a_few_clips_are_known_by_their_records_and_many_by_the_catalog(store, monkeypatch, few, known):
    record = replace(RECORD, job=replace(JOB, fingerprint="b" * 64), batch="unpublished")
    monkeypatch.setattr(history, "FEW", few)
    monkeypatch.setattr(history.clips, "find_each", lambda _, wanted: [record] if "b" * 64 in wanted else [])
    publish(store, JOB, replace(JOB, fingerprint="c" * 64))  # of c nothing but its row in the catalog is left
    for letter in "ab":
        store.put(layout.clip_record(letter * 64), b"")
    asked = pa.array([letter * 64 for letter in "abdc"[: len(known)]])
    assert history.made_by(store, asked).to_pylist() == known
