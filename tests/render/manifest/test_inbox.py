"""An inbox: what was taken is left out, what cannot be used is named and stops no other, rows count on."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from render import contracts, manifest
from render.model import RefusedManifest


def put(folder: Path, name: str, *prompts: str) -> None:
    rows = {"experiment": ["e"] * len(prompts), "variant": ["v"] * len(prompts), "prompt": list(prompts)}
    manifest.write(pa.table(rows), str(folder / name))


def test_what_was_taken_is_left_out_and_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    put(tmp_path, "a.parquet", "A ball falls")
    taken, refused = manifest.take(tmp_path, taken=())
    assert refused == []
    put(tmp_path, "b.parquet", "Two balls fall")
    (tmp_path / "c.parquet").write_bytes(b"no Parquet")
    good, refused = manifest.take(tmp_path, taken=taken)
    assert [Path(file.url).name for file in good] == ["b.parquet"]
    assert [Path(one.file.url).name for one in refused] == ["c.parquet"]
    assert refused[0].reason


def test_rows_are_counted_on_and_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    put(tmp_path, "a.parquet", "A ball falls", "")
    put(tmp_path, "b.parquet", "Two balls fall")
    put(tmp_path, "c.parquet", "Three balls fall")
    files, _ = manifest.take(tmp_path, taken=())
    (tmp_path / "b.parquet").unlink()
    refused: list[RefusedManifest] = []
    pieces = list(manifest.rows_of(files, refused))
    rows = [(row.row, row.prompt) for piece in pieces for row in contracts.to_rows(piece.good)]
    assert rows == [(0, "A ball falls"), (2, "Three balls fall")]
    assert {fault.row for piece in pieces for fault in piece.faults} == {1}
    assert [Path(one.file.url).name for one in refused] == ["b.parquet"]


def test_what_would_be_too_many_rows_waits_or_is_refused(tmp_path: Path) -> None:
    """A batch takes files as long as its rows last; a file that no batch could take is refused."""
    put(tmp_path, "a.parquet", "A ball falls", "A cup falls")
    put(tmp_path, "b.parquet", *["A ball falls"] * 4)
    put(tmp_path, "c.parquet", "A ball falls", "A cup falls")
    put(tmp_path, "d.parquet", "A ball falls")
    taken, refused = manifest.take(tmp_path, taken=(), most_rows=3)
    assert [Path(file.url).name for file in taken] == ["a.parquet", "d.parquet"]
    [one] = refused
    assert "b.parquet has 4 rows, and a batch takes 3 at most" in one.reason
    later, _ = manifest.take(tmp_path, taken=[*taken, one.file], most_rows=3)
    assert [Path(file.url).name for file in later] == ["c.parquet"]
