"""An inbox: what was taken is left out, what cannot be used is named and stops no other, rows count on."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from render import contracts, manifest
from render.errors import StoreError
from render.manifest import bounds, inbox
from render.model import ManifestFile, RefusedManifest
from render.store.quarantine import Faults


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
    assert {fault.row for piece in pieces for fault in Faults(piece.faults)} == {1}
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


def damaged(folder: Path, name: str) -> None:
    """A file whose footer is right, and whose last row group is not."""
    table = pa.table({"experiment": ["e"] * 4, "variant": ["v"] * 4, "prompt": ["A ball falls"] * 4})
    pq.write_table(table, folder / name, row_group_size=2, compression="zstd", use_dictionary=False)
    data, chunk = bytearray((folder / name).read_bytes()), pq.read_metadata(folder / name).row_group(1).column(2)
    end = chunk.data_page_offset + chunk.total_compressed_size
    data[end - 8 : end] = b"\xff" * 8
    (folder / name).write_bytes(data)


def test_a_file_counts_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """Of a file that is found to be damaged after its first rows none is taken, and no row number is used up."""
    put(tmp_path, "a.parquet", "A ball falls")
    damaged(tmp_path, "b.parquet")
    put(tmp_path, "c.parquet", "Three balls fall")
    files, _ = manifest.take(tmp_path, taken=())
    refused: list[RefusedManifest] = []
    rows = [row for piece in manifest.rows_of(files, refused) for row in piece.good["row"].to_pylist()]
    assert rows == [0, 1]
    assert [Path(one.file.url).name for one in refused] == ["b.parquet"]


def test_rows_come_before_their_file_has_been_judged_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an inbox, too, a piece at a time is in memory."""
    monkeypatch.setattr(bounds, "BATCH_ROWS", 2)
    put(tmp_path, "a.parquet", *["A ball falls"] * 6)
    judged: list[int] = []
    validate = contracts.broken
    monkeypatch.setattr(contracts, "broken", lambda *given, **names: judged.append(1) or validate(*given, **names))
    files, _ = manifest.take(tmp_path, taken=())
    seen = [(piece.count, len(judged)) for piece in manifest.rows_of(files, [])]
    assert seen == [(2, 1), (2, 2), (2, 3)]


def test_a_file_that_changes_between_its_two_readings_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the batch already cannot be taken back: the plan is made anew, and then refuses the file."""
    put(tmp_path, "a.parquet", "A ball falls")
    files, _ = manifest.take(tmp_path, taken=())
    size = inbox.size

    def then_change(file: ManifestFile) -> int:
        found = size(file)
        put(tmp_path, "a.parquet", "Another ball falls")
        return found

    monkeypatch.setattr(inbox, "size", then_change)
    with pytest.raises(StoreError, match=r"a\.parquet was changed while it was read\. Try again"):
        list(manifest.rows_of(files, []))
    monkeypatch.undo()
    refused: list[RefusedManifest] = []
    assert list(manifest.rows_of(files, refused)) == []
    assert "has changed since this batch took it in" in refused[0].reason
