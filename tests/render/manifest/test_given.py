"""Manifests by name: what stands under it can be read at once, converted or not."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from render import errors, manifest

CSV = "experiment,variant,prompt\ne,1,red\n"


def test_a_csv_is_read_as_the_parquet_that_it_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(CSV)
    given = manifest.find(str(path), roots=())
    [file] = given.files
    assert given.converted is not None
    assert (file.url, file.bytes) == (path.as_uri(), len(given.converted))
    assert file.sha256 == hashlib.sha256(given.converted).hexdigest()
    with given.readable() as readable:
        [piece] = manifest.rows(readable)
        [passing] = readable
    assert piece.good["prompt"].to_pylist() == ["red"]
    assert not Path(passing.url).exists()


def test_a_parquet_file_is_read_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(CSV)
    path = tmp_path / "m.parquet"
    path.write_bytes(manifest.convert(tmp_path / "m.csv") or b"")
    given = manifest.find(str(path), roots=())
    assert given.converted is None
    with given.readable() as readable:
        assert [file.url for file in readable] == [path.as_uri()]


def test_what_is_no_manifest_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "m.parquet").write_text("no Parquet")
    with pytest.raises(errors.InputError, match=r"m\.parquet"):
        manifest.find(str(tmp_path / "m.parquet"), roots=())


def test_a_manifest_outside_the_roots_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(CSV)
    with pytest.raises(errors.InputError):
        manifest.find(str(tmp_path / "m.csv"), roots=(str(tmp_path / "inside"),))


def test_a_manifest_of_too_many_rows_is_refused_by_its_footers(tmp_path: Path) -> None:
    """The rows of all files count together, and the message says how many there are and which setting allows them."""
    (tmp_path / "m.csv").write_text(CSV)
    for name in ("a", "b"):
        (tmp_path / f"{name}.parquet").write_bytes(manifest.convert(tmp_path / "m.csv") or b"")
    assert len(manifest.find(str(tmp_path), roots=(), most_rows=2).files) == 2
    with pytest.raises(errors.ManifestError, match=r"has 2 rows, and a batch takes 1 at most.*_ROWS=2"):
        manifest.find(str(tmp_path), roots=(), most_rows=1)
