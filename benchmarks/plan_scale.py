"""What a large manifest costs: validating it, planning it against what is made already, and telling where it stands.

A manifest of a million prompts is validated, and planned on a store whose catalog knows all but one in a hundred of
its clips. Beside it the heart of planning (canonical JSON, SHA-256, duplicates, anti-join, plan written) is done as
one would do it by hand: row by row in Python, by SQL in DuckDB, and streamed by polars where that is installed. Then
the batch's receipts are written but for the last shard, its status is read, what is left is asked as a run that goes
on asks it, and it is published: first, again with nothing new, and with the ends of that shard. Every step is a
process of its own, so that its memory is its own.

    python benchmarks/plan_scale.py --rows 1000000
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

NOW = datetime(2026, 11, 29, 2, tzinfo=UTC)
PIECE = 131_072
NEW_OF = 100
"""Of so many rows one is new."""
TARGETS = {"plan": (3.0, 550.0), "validate": (15.0, None), "status": (3.0, None)}
"""Most seconds and most MB."""


def manifest(rows: int) -> pa.Table:
    """An A/B manifest: few subjects, actions and lights, told apart by takes and seeds."""
    chance = np.random.default_rng(1)
    subjects = ["a red ball", "a blue glass", "three dominoes", "a football", "a wooden crate", "a paper boat"]
    actions = [
        "falls onto a table",
        "rolls down a ramp",
        "bounces in a gym",
        "breaks on the floor",
        "swings in the wind",
    ]
    lights = ["at dawn", "at noon", "in soft light", "in the rain", "by night", "in fog"]
    scenes = pa.array([f"{s} {a} {light}" for s in subjects for a in actions for light in lights])
    take = pa.array(np.arange(rows)).cast(pa.string())
    few = {
        "variant": ["a", "b", "c", "d"],
        "style": ["realistic", "cinematic", "anime"],
        "team": ["growth", "brand", "social"],
        "market": ["de", "fr", "us", "jp"],
    }
    return pa.table(
        {
            "experiment": pc.binary_join_element_wise("exp", pa.array(np.arange(rows) // 2000).cast(pa.string()), "-"),
            "prompt": pc.binary_join_element_wise(
                scenes.take(pa.array(chance.integers(0, len(scenes), rows))), ", take ", take, ""
            ),
            "seconds": chance.choice([2.0, 4.0, 6.5], rows),
            "width": np.full(rows, 640, np.int32),
            "height": np.full(rows, 360, np.int32),
            "seed": chance.integers(0, 1000, rows),
            "engine": pa.repeat("testcard", rows),
            "priority": chance.integers(0, 3, rows).astype(np.int32),
        }
        | {name: pa.array(values).take(pa.array(chance.integers(0, len(values), rows))) for name, values in few.items()}
    )


def scan(folder: Path) -> None:
    """The manifest's bytes, decoded."""
    for _ in pieces(folder / "manifest.parquet"):
        pass


def validate(folder: Path) -> None:
    """The product's own validation, by Great Expectations."""
    from render import contracts
    from render import manifest as manifests

    with pq.ParquetWriter(folder / "rows.parquet", contracts.row_schema()) as writer:
        for judged in manifests.rows(manifests.files(folder / "manifest.parquet")):
            assert not judged.faults
            writer.write_table(judged.good)


def find(folder: Path) -> None:
    """What of the planning is to ask which clips are there."""
    from render.planning import history

    keys = pq.read_table(folder / "done.parquet")["fingerprint"].combine_chunks()
    assert history.made_by(_store(folder), keys).null_count == 0


def screen(folder: Path) -> None:
    """What of the planning is the policy's look at the prompts."""
    from render.checks import policy

    for piece in pieces(folder / "rows.parquet"):
        policy.suspects(policy.load("default"), piece["prompt"].combine_chunks())


def plan(folder: Path) -> None:
    """The product's planning of rows that are valid."""
    from render.store import batches

    batches.write_plan(_store(folder), "batch", _planned(folder))


def by_hand(folder: Path) -> None:
    """Row by row in Python."""
    done = set(pq.read_table(folder / "done.parquet")["fingerprint"].to_pylist())
    seen: set[str] = set()
    decided = []
    for piece in pieces(folder / "rows.parquet"):
        for row in piece.select(_IDENTITY).to_pylist():
            form = json.dumps(row | {"revision": "1"}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            key = hashlib.sha256(form.encode()).hexdigest()
            decided.append((key, "reuse" if key in done else "duplicate" if key in seen else "render"))
            seen.add(key)
    keys, decisions = zip(*decided, strict=True)
    pq.write_table(
        pa.table({"fingerprint": keys, "decision": decisions}), folder / "by_hand.parquet", compression="zstd"
    )


def by_sql(folder: Path) -> None:
    """By SQL in DuckDB."""
    import duckdb

    form = "to_json({" + ", ".join(f"'{name}': {name}" for name in _IDENTITY) + ", 'revision': '1'})"
    duckdb.sql(f"""
        copy (
            with keyed as (from '{folder}/rows.parquet' select *, sha256({form}) as fingerprint)
            select keyed.* exclude (tags, shots), case
                when fingerprint in (from '{folder}/done.parquet') then 'reuse'
                when row_number() over (partition by fingerprint order by row) > 1 then 'duplicate'
                else 'render' end as decision
            from keyed
        ) to '{folder}/by_sql.parquet' (compression zstd)
    """)


def by_polars(folder: Path) -> None:
    """Streamed by polars, which has no SHA-256 of its own."""
    import polars as pl

    def hashed(forms: pl.Series) -> pl.Series:
        return pl.Series([hashlib.sha256(form.encode()).hexdigest() for form in forms])

    form = pl.struct(*_IDENTITY, pl.lit("1").alias("revision")).struct.json_encode()
    keyed = (
        pl.scan_parquet(folder / "rows.parquet")
        .drop("tags", "shots")
        .with_columns(fingerprint=form.map_batches(hashed, return_dtype=pl.String))
    )
    done = pl.scan_parquet(folder / "done.parquet").with_columns(done=True)
    decision = (
        pl.when(pl.col("done"))
        .then(pl.lit("reuse"))
        .when(pl.col("fingerprint").is_first_distinct())
        .then(pl.lit("render"))
        .otherwise(pl.lit("duplicate"))
    )
    decided = keyed.join(done, on="fingerprint", how="left").with_columns(decision=decision).drop("done")
    decided.sink_parquet(folder / "by_polars.parquet", compression="zstd")


def settle(folder: Path) -> None:
    """Receipts of the rows that the plan reuses clips for, which those of every shard but the last are put beside."""
    from render.planning import ends, reuse
    from render.store import batches, receipts

    store = _store(folder)
    batches.create(store, _batch(folder))
    stamp = ends.Stamp(batch="batch", shard=None, attempt="plan", finished_at=NOW.isoformat())
    receipts.write(store, "batch", None, "plan", reuse.settle(store, "batch", stamp))
    for shard in list(batches.plan_of(store, "batch").shards)[:-1]:
        _end(store, shard)


def _end(store, shard: int) -> None:
    from render import model
    from render.store import batches, receipts, tables

    ended = [
        model.Receipt(batch="batch", row=one.row.row, end=model.End.PUBLISHED, shard=shard, finished_at=NOW.isoformat())
        for one in batches.read_plan(store, "batch", shard)
    ]
    receipts.write(store, "batch", shard, "one", tables.receipt_table(ended))


def status(folder: Path) -> None:
    """Where the batch stands, as ``nightreel status`` asks it."""
    from render import status as statuses
    from render.cli import summary

    summary.show(statuses.status_of(_store(folder), "batch"))


def resume(folder: Path) -> None:
    """What a run that goes on asks before it renders what is left: here the last shard."""
    from render import pipeline

    assert len(pipeline.pending_shards(_settings(folder), "batch")) == 1


def publish(folder: Path) -> None:
    """The batch's rows into the catalog, as a run does it."""
    from render import pipeline

    pipeline.publish(_settings(folder), "batch")


def publish_more(folder: Path) -> None:
    """The same when the last shard has ended since."""
    from render.store import batches

    _end(_store(folder), max(batches.plan_of(_store(folder), "batch").shards))
    publish(folder)


STEPS: dict[str, Callable[[Path], None]] = {
    "scan": scan,
    "validate": validate,
    "screen": screen,
    "find": find,
    "plan": plan,
    "by hand": by_hand,
    "by sql": by_sql,
    "by polars": by_polars,
    "settle": settle,
    "status": status,
    "resume": resume,
    "publish": publish,
    "… again": publish,
    "… more": publish_more,
}
_IDENTITY = ["prompt", "negative_prompt", "scene", "style", "duration_ms", "width", "height", "fps", "seed", "engine"]


def pieces(file: Path) -> Iterator[pa.Table]:
    """A file's rows as they are planned."""
    with pq.ParquetFile(file) as parquet:
        for batch in parquet.iter_batches(PIECE):
            yield pa.Table.from_batches([batch])


def _store(folder: Path):
    from render.store.objects import open_store

    return open_store(str(folder / "store"))


def _settings(folder: Path):
    from render.settings import load

    return load(store=str(folder / "store"), scratch=folder / "scratch")


def _batch(folder: Path):
    from render.model import Batch, ManifestFile

    file = ManifestFile(url=(folder / "manifest.parquet").as_uri(), sha256="0" * 64, bytes=0)
    return Batch(
        id="batch", run_key="r", content="0" * 64, manifests=(file,), limit=None, where=None, created_at=NOW.isoformat()
    )


def _planned(folder: Path) -> pa.Table:
    from render import media
    from render.planning import history
    from render.planning.plan import plan as plan_rows

    store = _store(folder)
    return plan_rows(
        pieces(folder / "rows.parquet"),
        lookup=lambda keys: history.made_by(store, keys),
        withdrawn=lambda keys: history.withdrawn(store, keys),
        explain=lambda rows, chosen: history.explain(store, rows, chosen),
        media_revision=media.REVISION,
        usd_per_cpu_hour=0.05,
        jobs_per_shard=64,
    )


def make_done(folder: Path) -> None:
    """A catalog with all but one in a hundred of the clips, each with every figure that the policy limits."""
    from deltalake import write_deltalake

    from render import contracts
    from render.checks import policy
    from render.store import layout
    from render.store.catalog import delta

    store = _store(folder)
    keys = _planned(folder)["fingerprint"].combine_chunks()
    keys = keys.filter(pa.array(np.arange(len(keys)) % NEW_OF != 0)).sort()
    pq.write_table(pa.table({"fingerprint": keys}), folder / "done.parquet")
    for key in keys.to_pylist():
        (folder / "store" / layout.clip(key)).mkdir(parents=True)
    clip = {
        "prompt": "p", "style": "anime", "width": 640, "height": 360, "fps": 24, "seconds": 4.0, "seed": 0,
        "engine": "e", "engine_revision": "1", "simulated": True, "fallback": False, "render_seconds": 1.0,
        "cpu_seconds": 1.0, "cost_usd": 0.0, "bytes": 1, "sha256": "0" * 64, "path": "clips/a.mp4", "batch": "earlier",
        "worker": "w", "created_at": NOW,
    }  # fmt: skip
    figures = {
        (one.check, one.figure): one.min if one.max is None else one.max for one in policy.load("default").limits
    }
    for name in delta.TABLES:
        delta._create(store, name)
    for start in range(0, len(keys), PIECE):
        own = keys[start : start + PIECE]
        tables = {"clips": _constant("clips", own, clip)}
        for (check, figure), value in figures.items():
            found = _constant("checks", own, {"check": check, "name": figure, "value": value, "unit": "1"})
            tables["checks"] = pa.concat_tables([tables["checks"], found]) if "checks" in tables else found
        for name, table in tables.items():
            contract = contracts.load(name).arrow_schema()
            place = f"{store.url}/{layout.table(name)}"
            write_deltalake(place, table.cast(contract), mode="append", writer_properties=delta.written(name))


def _constant(name: str, fingerprints: pa.Array, values: Mapping[str, object]) -> pa.Table:
    from render import contracts

    schema = contracts.load(name).arrow_schema()
    return pa.table(
        {
            field.name: fingerprints
            if field.name == "fingerprint"
            else pa.repeat(pa.scalar(values.get(field.name), field.type), len(fingerprints))
            for field in schema
        }
    )


def measure(step: str, folder: Path) -> None:
    """Take one step in this process and print its figures; imports and engines are warm."""
    import render.pipeline  # noqa: F401
    from render.engines import registry

    registry.find("testcard")
    if step == "validate":
        from render.contracts import validation

        validation._library()
    wall, cpu = time.perf_counter(), time.process_time()
    STEPS[step](folder)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "peak_mb": round(peak)}), file=sys.stderr)


def measure_all(rows: int) -> None:
    """Take each step in a process of its own, and print a line for it."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="nightreel-plan-") as name:
        folder = Path(name)
        pq.write_table(manifest(rows), folder / "manifest.parquet", compression="zstd", row_group_size=PIECE)
        print(f"{rows:,} rows, {(folder / 'manifest.parquet').stat().st_size / 1e6:.0f} MB", flush=True)
        for step in ("scan", "validate", "make done", *list(STEPS)[2:]):
            if step == "by polars" and importlib.util.find_spec("polars") is None:
                continue
            command = [sys.executable, __file__, "--be", step, "--folder", name]
            done = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if step in STEPS:
                found[step] = json.loads(done.stderr.strip().splitlines()[-1])
                show(step, found[step], found.get("plan"))
    print(json.dumps({"rows": rows, "cores": os.cpu_count(), "steps": found}))


def show(step: str, figures: dict[str, float], plan: dict[str, float] | None) -> None:
    """One line of the table."""
    seconds, megabytes = TARGETS.get(step, (None, None))
    wanted = f"at most {seconds:g} s" + (f" and {megabytes:g} MB" if megabytes else "") if seconds else ""
    ratio = f"{figures['cpu_s'] / plan['cpu_s']:5.1f} x plan" if plan and step.startswith("by") else ""
    line = f"{figures['wall_s']:7.2f} s {figures['cpu_s']:7.2f} CPU-s {figures['peak_mb']:6.0f} MB"
    print(f"{step:<10} {line}  {ratio} {wanted}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--be", choices=[*STEPS, "make done"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.be == "make done":
        make_done(given.folder)
    elif given.be:
        measure(given.be, given.folder)
    else:
        measure_all(given.rows)


if __name__ == "__main__":
    main()
