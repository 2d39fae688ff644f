"""CSV and briefs as Parquet."""

from __future__ import annotations

import contextlib
import csv
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render import manifest
from render.errors import InputError, ManifestError
from render.store.quarantine import Faults

READ = """
import resource, sys
from render import manifest
from render.errors import ManifestError
own = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (own + int(sys.argv[2]),) * 2)
try:
    manifest.csv_to_table(sys.argv[1])
except ManifestError as error:
    print(error)
"""
CSV = 'experiment,variant,prompt,seconds,width,market\ne,1,"A cup, red",2.5,640,DE\ne,2,"two\nlines",,,\n\n'
REQUIRED = ("experiment", "variant", "prompt")


def test_a_csv_becomes_a_manifest(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8", newline="")
    table = manifest.csv_to_table(path)
    assert table.schema.field("width").type == pa.int32()
    assert table.to_pylist() == [
        {"experiment": "e", "variant": "1", "prompt": "A cup, red", "seconds": 2.5, "width": 640, "market": "DE"},
        {"experiment": "e", "variant": "2", "prompt": "two\nlines", "seconds": None, "width": None, "market": None},
    ]


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_spreadsheet_of_another_country_is_read(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(sign.join(("experiment", "variant", "prompt")) + "\n" + sign.join(("e", "a", "A cup, red")) + "\n")
    assert manifest.csv_to_table(path).to_pylist() == [{"experiment": "e", "variant": "a", "prompt": "A cup, red"}]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_first_line_that_states_the_separator_is_no_header(tmp_path: Path, sign: str, end: str) -> None:
    path = tmp_path / "m.csv"
    lines = [f"sep={sign}", sign.join(("experiment", "variant", "prompt")), sign.join(("e", "a", "red"))]
    path.write_text("\ufeff" + "".join(line + end for line in lines), encoding="utf-8", newline="")
    assert manifest.csv_to_table(path).to_pylist() == [{"experiment": "e", "variant": "a", "prompt": "red"}]


def test_a_stated_separator_goes_before_what_the_header_looks_like(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("SEP=;\nexperiment;variant;prompt;a,b\ne;a;red;1\n")
    assert manifest.csv_to_table(path)["a,b"].to_pylist() == ["1"]


def test_a_cell_that_is_too_long_is_a_fault_of_its_row(tmp_path: Path) -> None:
    path, before = tmp_path / "m.csv", csv.field_size_limit()
    path.write_text(f"experiment,variant,prompt\ne,1,{'x' * 200_000}\ne,2,red\n")
    data = manifest.convert(path)
    assert csv.field_size_limit() == before
    assert data is not None
    (tmp_path / "m.parquet").write_bytes(data)
    [piece] = manifest.rows(manifest.files(str(tmp_path / "m.parquet")))
    assert [(fault.row, fault.column) for fault in Faults(piece.faults)] == [(0, "prompt")]
    assert piece.good["prompt"].to_pylist() == ["red"]


def test_a_value_that_does_not_fit_is_left_to_its_row(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(CSV.replace("2.5", "long"))
    assert manifest.csv_to_table(path)["seconds"].to_pylist() == ["long", None]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"experiment,variant,prompt\n", "no rows"),
        (b"experiment,variant\na,b\n", "lacks the required column prompt"),
        (b"Experiment,Variant,promt\na,b,c\n", "Is 'Experiment' meant to be 'experiment'.* Is 'promt' meant to be"),
        (b"experiment;variant;prompt\na;b;c;d\n", "text that holds a semicolon in quotes"),
        (b"sep=;", "empty"),
        (b"sep=;\nexperiment;variant;prompt\na;b;c;d\n", "line 3: 4 cells"),
        (b"sep=|\nexperiment|variant|prompt\na|b|c\n", "lacks the required columns"),
        (b"PAR1\xff\xfe", "is a Parquet file"),
        (b"experiment,variant,prompt" + b",x" * 1_000 + b"\na,b,c\n", "1,003 columns.* Leave out"),
        (b"experiment,variant,prompt,\na,b,c,d\n", "column 4 has no name"),
        (b"experiment,variant,prompt,prompt\na,b,c,d\n", "more than once"),
        (b"experiment,variant,prompt\na,b,c,d\n", "line 2: 4 cells"),
        (b'experiment,variant,prompt\na,b,"c\n', "not valid CSV"),
        (b"experiment,variant,prompt\na,b,\xff\n", "UTF-8"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xef\xbb\xbfexperiment,variant\na,b\n", "lacks the required column prompt"),
        (b"experiment|variant|prompt\na|b|c\n", "lacks the required columns .* names experiment|variant|prompt"),
        ("experiment,variant,prompt\na,b,Tür\n".encode("cp1252"), "UTF-8"),
        ("experiment,variant,prompt\na,b,c\n".encode("utf-16"), "UTF-8"),
        ("experiment,variant,prompt\na,b,c\n".encode("utf-16-le"), "UTF-8"),
        *(
            (",".join(one for one in REQUIRED if one != name).encode() + b"\na,b\n", f"required column {name}:")
            for name in REQUIRED
        ),
        *((",".join([*REQUIRED, name]).encode() + b"\na,b,c,d\n", f"'{name}' more than once") for name in REQUIRED),
    ],
)
def test_what_is_wrong_with_a_csv_is_said(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(data)
    with pytest.raises(ManifestError, match=told) as caught:
        manifest.csv_to_table(path)
    assert "m.csv" in str(caught.value)


def test_a_csv_of_too_many_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty cells count, which take one byte of the file each and many of memory."""
    monkeypatch.setattr(import_module("render.manifest.convert"), "MAX_CELLS", 1_000)
    path = tmp_path / "m.csv"
    path.write_text("experiment,variant,prompt\n" + ",,\n" * 400)
    with pytest.raises(ManifestError, match=r"m\.csv holds more than 1,000 cells. Write so many as Parquet"):
        manifest.csv_to_table(path)


def test_a_csv_with_a_cell_that_no_column_can_have_is_refused(tmp_path: Path) -> None:
    """Python would take four bytes for each of its characters, or more, before the row could be quarantined."""
    path = tmp_path / "m.csv"
    path.write_text(f'experiment,variant,prompt\na,b,c\na,b,"{"x" * (1 << 20)}"\na,b,"{"x" * (1 << 20)}x"\n')
    with pytest.raises(ManifestError, match=r"m\.csv, line 4: a cell of more than 1,048,576 characters\. Shorten it"):
        manifest.csv_to_table(path)


@pytest.mark.slow
@pytest.mark.parametrize("cells", ['"{}"', "{}", "{},", '{}\n"'], ids=["quoted", "plain", "cells", "header"])
def test_a_csv_of_one_huge_line_takes_little_memory(tmp_path: Path, cells: str) -> None:
    """A process that may take no more than 1 GiB above what its imports take says what is wrong with the file."""
    path = tmp_path / "m.csv"
    with path.open("w") as file:
        file.write("" if "\n" in cells else "experiment,variant,prompt\na,b,")
        file.write(cells.format("x" * (250 << 20)))
    command = [sys.executable, "-c", READ, str(path), str(1 << 30)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "m.csv" in done.stdout


@settings(max_examples=50)
@given(st.binary(max_size=40))
def test_no_csv_ends_in_a_traceback(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.csv"
    for first in (b"experiment,variant,prompt,x\n", b"sep="):
        path.write_bytes(first + data)
        with contextlib.suppress(ManifestError):
            assert manifest.csv_to_table(path).num_rows > 0


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(CSV)
    (tmp_path / "b.yml").write_text("experiment: e\nprompt: p\n")
    for name in ("m.csv", "b.yml"):
        first, second = manifest.convert(tmp_path / name), manifest.convert(str(tmp_path / name))
        assert first is not None
        assert first == second
        assert pq.read_table(pa.BufferReader(first)).column_names[:3] == ["experiment", "variant", "prompt"]
    assert manifest.convert(tmp_path / "m.parquet") is None


def test_where_a_manifest_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        manifest.write(pa.table({"a": [1]}), tmp_path / "file" / "m.parquet")


def test_a_manifest_that_cannot_be_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.parquet"
    manifest.write(pa.table({"a": [1]}), path)
    before = path.read_bytes()

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        manifest.write(pa.table({"a": [2]}), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_address_to_write_to_with_a_secret_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="carries a user name, a password or a query") as refused:
        manifest.write(pa.table({"a": [1]}), "s3://key:hunter2@bucket/a.parquet")
    assert "hunter2" not in str(refused.value)
