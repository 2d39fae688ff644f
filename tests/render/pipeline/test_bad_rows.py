"""However many rows of a manifest are wrong, a plan takes little memory, and says in one sentence what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow  # Great Expectations takes seconds to import

ROWS = 150_000
PLAN = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from render import pipeline
from render.settings import load
from render.store import batches
from render.store.objects import store_of
from render.store.receipts import read

settings, now = load(store=sys.argv[1], scratch=Path(sys.argv[2])), datetime(2026, 11, 29, tzinfo=UTC)

def planned(name):
    batch = pipeline.intake(settings, inbox=sys.argv[3] + "/" + name, run_key=name, now=now)
    return batch.id, pipeline.plan(settings, batch.id, now=now)

planned("small")  # what is imported once is not the rows'
Path("/proc/self/clear_refs").write_text("5")  # the peak from here on

def memory(name):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) >> 10

before = memory("VmRSS")
batch, summary = planned("large")
peak = memory("VmHWM") - before
store = store_of(settings)
ended = read(store, batch)
print(json.dumps({
    "peak_mb": peak,
    "rows": [summary.rows, summary.quarantined],
    "faults": [(count.rows, count.first.row, count.first.column, count.first.reason) for count in summary.faults],
    "quarantine": len(batches.read_quarantine(store, batch)),
    "receipts": [ended.num_rows, sorted(set(ended["end"].to_pylist())), ended["reason"][0].as_py()],
}))
"""


def wrong(folder: Path, count: int) -> None:
    """An inbox with one manifest that is wrong in three columns of all rows but its last."""
    folder.mkdir(parents=True)
    columns = {name: pa.repeat(name, count) for name in ("experiment", "variant", "prompt")}
    columns |= {"engine": pa.repeat("testcard", count), "fps": pa.repeat(8, count)}
    columns |= {"seconds": pa.array([-1.0] * (count - 1) + [1.0]), "width": pa.array([3] * (count - 1) + [64])}
    columns |= {"priority": pa.array(["soon"] * (count - 1) + ["1"])}
    pq.write_table(pa.table(columns), folder / "m.parquet")


def test_a_plan_of_many_bad_rows_is_bounded(tmp_path: Path) -> None:
    """A few bytes of an inbox that stand for 600,000 faults: as objects they would take a gigabyte."""
    wrong(tmp_path / "inbox" / "small", 10)
    wrong(tmp_path / "inbox" / "large", ROWS)
    assert (tmp_path / "inbox" / "large" / "m.parquet").stat().st_size < 20_000
    command = [sys.executable, "-c", PLAN, *(str(tmp_path / name) for name in ("store", "scratch", "inbox"))]
    done = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    bad = ROWS - 1
    assert done["rows"] == [1, bad]
    assert sorted(done["faults"]) == [
        [bad, 0, "priority", "priority must be a whole number, not the text 'soon'."],
        [bad, 0, "seconds", "seconds must be from 0.5 to 60, not -1."],
        [bad, 0, "width", "width must be from 64 to 4096, not 3."],
    ]
    assert done["quarantine"] == 4 * bad  # 3 is an odd width, too
    ended, ends, reason = done["receipts"]
    assert (ended, ends) == (bad, ["rejected"])
    assert reason.count(" must be ") == 4
    assert done["peak_mb"] < 450
