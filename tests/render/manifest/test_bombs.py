"""Files whose footers lie or boast: each ends at once, in a message that says what to change."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from render import manifest
from render.errors import ManifestError
from render.model import RefusedManifest

REQUIRED = ("experiment", "variant", "prompt")
GROUP = 1 << 24
PLAN = "import sys; from render.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,294,967,296 rows in less than 210 kB: a footer that names one row group 256 times."""
    folder = tmp_path_factory.mktemp("bomb")
    alike = pa.DictionaryArray.from_arrays(np.zeros(GROUP, "int8"), pa.array(["x"]))
    pq.write_table(
        pa.table(dict.fromkeys(REQUIRED, alike)), folder / "one.parquet", row_group_size=GROUP, compression="zstd"
    )
    data, footer = (folder / "one.parquet").read_bytes(), pq.read_metadata(folder / "one.parquet")
    groups = data[: -8 - footer.serialized_size]
    for _ in range(8):
        footer.append_row_groups(footer)
    footer.write_metadata_file(folder / "footer")
    (folder / "m.parquet").write_bytes(groups + (folder / "footer").read_bytes()[4:])
    (folder / "one.parquet").unlink()
    (folder / "footer").unlink()
    assert pq.read_metadata(folder / "m.parquet").num_rows == 1 << 32
    assert (folder / "m.parquet").stat().st_size < 210_000
    return folder / "m.parquet"


@pytest.mark.slow
def test_few_bytes_that_are_billions_of_rows_end_at_once(bomb: Path, tmp_path: Path) -> None:
    """`nightreel plan` says how many are allowed, before any row is read."""
    command = [sys.executable, "-c", PLAN, "plan", str(bomb), "--store", str(tmp_path / "store"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2, done.stderr
    told = json.loads(done.stdout)["error"]["message"]
    assert "has 4,294,967,296 rows, and a batch takes 10,000,000 at most. Split it" in told


def test_an_inbox_refuses_billions_of_rows_in_passing(bomb: Path) -> None:
    """The others of the inbox wait for it no longer than its footer takes."""
    began = time.process_time()
    good, refused = manifest.take(bomb.parent, taken=())
    assert time.process_time() - began < 10
    assert good == []
    assert "has 4,294,967,296 rows" in refused[0].reason


def lacking(folder: Path) -> Path:
    """A file of four rows whose footer names six: its last row group was lost when it was put together."""
    table = pa.table({name: ["x"] * 4 for name in REQUIRED})
    pq.write_table(table, folder / "m.parquet", row_group_size=2)
    data = (folder / "m.parquet").read_bytes()
    named = b"\x16%c\x19\x2c"  # in Thrift's compact form: num_rows, then a list of two row groups
    assert data.count(named % 8) == 1
    (folder / "m.parquet").write_bytes(data.replace(named % 8, named % 12))
    assert pq.read_metadata(folder / "m.parquet").num_rows == 6
    return folder / "m.parquet"


def test_missing_row_groups_are_told(tmp_path: Path) -> None:
    """Rows that the footer names and that are not there are never taken for none."""
    path = lacking(tmp_path)
    with pytest.raises(ManifestError, match=r"m\.parquet is damaged: it holds 4 of 6 rows\. Write it again\."):
        list(manifest.read(manifest.files(path)))
    files, refused = manifest.take(tmp_path, taken=())
    assert refused == []
    late: list[RefusedManifest] = []
    assert list(manifest.rows_of(files, late)) == []
    assert "it holds 4 of 6 rows" in late[0].reason


def test_ten_thousand_columns_are_refused_by_the_footer(tmp_path: Path) -> None:
    """A message of one sentence, not of ten thousand names."""
    names = (*REQUIRED, *(f"c{number}" for number in range(10_000)))
    pq.write_table(pa.table({name: ["x"] for name in names}), tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match=r"has 10,003 columns.* 1,000 are the most\. Leave out") as told:
        manifest.check(*manifest.files(tmp_path))
    assert len(str(told.value)) < 400 + len(str(tmp_path))
