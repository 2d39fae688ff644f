"""Few bytes that stand for very many end in a fault or a message, in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from render import manifest
from render.errors import ManifestError
from render.manifest import bounds
from render.store.quarantine import Faults

READ = """
import resource, sys
from render import manifest
from render.errors import ManifestError
files = manifest.files(sys.argv[1])
manifest.check(files[0])  # what is imported and parsed once is not the file's
own = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (own + int(sys.argv[2]),) * 2)
try:
    print(sum(table.num_rows for table in manifest.read(files)))
except ManifestError as error:
    print(error)
"""


def repeated(count: int, value: object, kind: pa.DataType | None = None) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(count, "int32"), pa.array([value], kind))


def listed(items: pa.Array) -> pa.Array:
    """One row that holds all the items."""
    return pa.ListArray.from_arrays(pa.array([0, len(items)], pa.int32()), items)


def inside(items: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([items], ["item"])


def written(path: Path, count: int = 1, **columns: pa.Array) -> Path:
    table = {name: repeated(count, "x") for name in ("experiment", "variant", "prompt")} | columns
    pq.write_table(pa.table(table), path, compression="zstd", store_schema=False, dictionary_pagesize_limit=1 << 30)
    return path


def unused(count: int) -> pa.DictionaryArray:
    """A long value in the first row, short ones in all others."""
    return pa.DictionaryArray.from_arrays((np.arange(count) > 0).astype("int32"), pa.array(["y" * 50_000_000, "p"]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "end"),
    [
        (lambda path: written(path, 100_000, prompt=repeated(100_000, "x" * 1_000_000)), "more than 2 GiB"),
        (lambda path: written(path, 100_000, junk=inside(repeated(100_000, "x" * 1_000_000))), "more than 2 GiB"),
        (lambda path: written(path, tags=listed(repeated(1_000_000, "x" * 100_000))), "more than 2 GiB"),
        (lambda path: written(path, 20, prompt=repeated(20, "x" * 80_000_000)), "20"),
        (lambda path: written(path, 300_000, prompt=unused(300_000)), "300000"),
        (lambda path: written(path, tags=listed(pa.nulls(5_000_000))), "1"),
    ],
    ids=["repeated", "inside a struct", "inside a list", "huge", "once", "nulls"],
)
def test_few_bytes_take_little_memory(tmp_path: Path, make: Callable[[Path], Path], end: str) -> None:
    """A process that may take no more than 1 GiB above what its imports take reads the file, or says why not."""
    path = make(tmp_path / "m.parquet")
    assert path.stat().st_size < 100_000
    command = [sys.executable, "-c", READ, str(path), str(1 << 30)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert end in done.stdout


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: written(path, **{f"c{i}": pa.array(["x"]) for i in range(1_000)}), r"1,003 columns.* Leave out"),
        (
            lambda path: written(path, tags=listed(pa.array(np.zeros(70_000_000, "int8")))),
            r"row group 0 takes 1\.\d GiB .* Write fewer rows",
        ),
        (
            lambda path: written(path, **{"a.b": pa.array(["x"]), "a": pa.array([{"b": "x"}])}),
            r"the column 'a\.b' more than once",
        ),
    ],
    ids=["wide", "long", "alike"],
)
def test_what_is_too_much_is_told_by_the_footer(tmp_path: Path, make: Callable[[Path], Path], told: str) -> None:
    """What no piece can be cut out of is refused before any value is read."""
    [file] = manifest.files(make(tmp_path / "m.parquet"))
    with pytest.raises(ManifestError, match=told):
        manifest.check(file)


def test_texts_that_share_their_beginnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoding in which each value begins with the one before takes no more memory than others, or is refused."""
    table = pa.table({"experiment": ["e"] * 300, "variant": ["v"] * 300, "prompt": ["x" * 300_000] * 300})
    path, encoding = tmp_path / "m.parquet", {"prompt": "DELTA_BYTE_ARRAY"}
    pq.write_table(table, path, use_dictionary=False, column_encoding=encoding, compression="zstd")
    assert [part.num_rows for part in manifest.read(manifest.files(path))] == [223, 77]
    monkeypatch.setattr(bounds, "MAX_PIECES", 1)
    with pytest.raises(ManifestError, match=r"would be read in 2 pieces.* Write its texts with"):
        manifest.check(*manifest.files(path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("prompt", repeated(1, "x" * (65 << 20)), "prompt is longer than 4000 characters."),
        ("seconds", repeated(1, "1" * (65 << 20)), "seconds must be a number"),
        ("prompt", listed(repeated(4_000_000, "x")), "prompt must be text in UTF-8"),
        ("tags", listed(repeated(1_000_000, "x" * 100)), "tags must be a list of names or a map of text by name"),
        ("junk", repeated(1, "x" * (65 << 20)), "junk: 68,157,444 bytes"),
    ],
)
def test_a_huge_value_is_a_fault_of_its_row(tmp_path: Path, name: str, value: pa.Array, told: str) -> None:
    """A row that is too large is quarantined and told what of it is; its neighbours go on."""
    whole = written(tmp_path / "b.parquet", **{name: value})
    written(tmp_path / "a.parquet")
    written(tmp_path / "c.parquet")
    pieces = list(manifest.rows(manifest.files(tmp_path), engines=["world"], policies=["default"]))
    assert whole.stat().st_size < 100_000
    assert [row for piece in pieces for row in piece.good["row"].to_pylist()] == [0, 2]
    assert [fault.row for piece in pieces for fault in Faults(piece.faults)] == [1]
    assert told in Faults(pieces[1].faults)[0].reason


def test_honest_files_are_read_in_large_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A usual file is no more pieces than its rows need."""
    monkeypatch.setattr(bounds, "BATCH_ROWS", 65_536)
    path = tmp_path / "m.parquet"
    words = pa.array([f"A red ball falls for the {i}th time" for i in range(100_000)])
    written(path, 100_000, prompt=words, tags=pa.array([[("a", "b")]] * 100_000, pa.map_(pa.string(), pa.string())))
    parts = list(manifest.read(manifest.files(path)))
    assert [part.num_rows for part in parts] == [65_536, 100_000 - 65_536]
    assert pa.concat_tables(parts)["prompt"].combine_chunks().equals(words)


def test_columns_of_few_bytes_that_become_many_tags_come_in_small_pieces(tmp_path: Path) -> None:
    """A bit of a file may become a name and a word of each row: a piece is as small as its tags ask for."""
    path, names = tmp_path / "m.parquet", [f"column {number}" for number in range(300)]
    written(path, 20_000, **dict.fromkeys(names, pa.repeat(True, 20_000)))
    parts = list(manifest.read(manifest.files(path)))
    assert sum(part.num_rows for part in parts) == 20_000
    assert max(part.num_rows for part in parts) * 300 * bounds.TAG_BYTES <= bounds.BATCH_BYTES
