"""Rows of a catalog in any number, made up column by column: a clip, its figures and a request for each row.

All values but the instants follow from the batch's number: the same batch is the same rows, wherever it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render import contracts
from render.checks import registry

BEGIN = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=99)
"""When the first batch was finished; the next one was a day later."""
FIGURES = registry.figure_specs()
"""What the checks measure of a clip."""


@dataclass(frozen=True)
class Rows:
    """One batch's rows of the three tables."""

    batch: str
    requests: pa.Table
    clips: pa.Table
    checks: pa.Table


def batch(number: int, count: int) -> Rows:
    """The rows of one batch that rendered ``count`` clips, as the builders of the catalog order them."""
    random = np.random.default_rng(number)
    name = f"{BEGIN + timedelta(days=number):%Y-%m-%d}-{number:012x}"
    finished = BEGIN + timedelta(days=number)
    fingerprint = pa.array(np.sort([random.bytes(32).hex() for _ in range(count)]))
    prompt = _picked(random, [f"A product film of item {item} in the evening light" for item in range(5000)], count)
    engine = _picked(random, ["world", "testcard", "hosted"], count)
    cost = random.gamma(2.0, 0.01, count)
    clips = {
        "fingerprint": fingerprint,
        "prompt": prompt,
        "style": _picked(random, ["realistic", "clay"], count),
        "width": np.full(count, 640),
        "height": np.full(count, 360),
        "fps": np.full(count, 24),
        "seconds": random.integers(2, 9, count).astype(float),
        "seed": random.integers(0, 2**40, count),
        "engine": engine,
        "engine_revision": _same("3", count),
        "simulated": pa.array(random.random(count) < 0.9),
        "scene": _picked(random, ["turntable", "dominoes", "waterfall", "stairs", "street", "harbour"], count),
        "fallback": pa.array(random.random(count) < 0.1),
        "understood_share": random.random(count),
        "render_seconds": random.gamma(2.0, 4.0, count),
        "cpu_seconds": random.gamma(2.0, 8.0, count),
        "cost_usd": cost,
        "bytes": random.integers(10**5, 10**7, count),
        "sha256": [random.bytes(32).hex() for _ in range(count)],
        "path": pc.binary_join_element_wise(
            "clips", pc.utf8_slice_codeunits(fingerprint, 0, 2), fingerprint, f"{name}-{number:016x}", "clip.mp4", "/"
        ),
        "batch": _same(name, count),
        "worker": _picked(random, ["tcp://10.0.0.1:4001", "tcp://10.0.0.2:4001"], count),
        "created_at": [finished] * count,
    }
    requests = {
        "batch": _same(name, count),
        "row": np.arange(count),
        "run_key": _same(f"run-{number}", count),
        "manifest": _same(f"s3://studio/inbox/{number}.parquet", count),
        "experiment": _same(f"experiment-{number % 20}", count),
        "variant": _picked(random, ["a", "b"], count),
        "prompt": prompt,
        "style": clips["style"],
        "engine": engine,
        "submitter": _picked(random, [f"person-{person}" for person in range(40)], count),
        "team": _picked(random, [f"team-{team}" for team in range(8)], count),
        "priority": np.zeros(count, int),
        "tags": pa.array([[("season", "spring")]] * count, pa.map_(pa.string(), pa.string())),
        "policy": _same("default", count),
        "decision": _same("render", count),
        "why": _same("never rendered", count),
        "end": _picked(random, ["published"] * 18 + ["held", "rejected"], count),
        "fingerprint": fingerprint.take(pa.array(random.permutation(count))),
        "requested_at": [finished - timedelta(hours=8)] * count,
        "finished_at": [finished] * count,
    }
    per = len(FIGURES)
    checks = {
        "fingerprint": fingerprint.take(pa.array(np.repeat(np.arange(count), per))),
        "check": pa.array([check for check, _ in FIGURES] * count),
        "name": pa.array([name for _, name in FIGURES] * count),
        "value": random.normal(0.0, 1.0, count * per),
        "unit": pa.array([spec.unit for spec in FIGURES.values()] * count),
    }
    return Rows(name, _table("requests", requests), _table("clips", clips), _table("checks", checks))


def _picked(random: np.random.Generator, values: list[str], count: int) -> pa.Array:
    return pa.array(values).take(pa.array(random.integers(0, len(values), count)))


def _same(value: str, count: int) -> pa.Array:
    return pa.repeat(value, count)


def _table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """The columns in the order and with the types of the contract; those that are missing are null."""
    schema = contracts.load(name).arrow_schema()
    count = len(columns["fingerprint"])
    return pa.table(
        [
            pa.nulls(count, field.type) if field.name not in columns else pa.array(columns[field.name]).cast(field.type)
            for field in schema
        ],
        schema=schema,
    )
