"""Rows that wait on disk are what they were, and are neither left behind nor kept in memory."""

import errno
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from render import errors, scratch
from render.store import spool

STATUS = Path("/proc/self/status")


def numbered(count: int) -> pa.Table:
    return pa.table({"row": np.arange(count), "text": [str(number) * 3 for number in range(count)]})


def test_rows_that_wait_are_what_they_were_and_leave_no_file(tmp_path: Path) -> None:
    table = numbered(100)
    waiting = spool.on_disk((table.slice(start, 30) for start in range(0, 100, 30)), tmp_path)
    assert waiting is not None
    spool.release()
    assert waiting.equals(table)
    assert not list(scratch.of_process(tmp_path).iterdir())
    assert spool.on_disk([], tmp_path) is None


def test_rows_are_taken_out_of_their_pieces(tmp_path: Path) -> None:
    """Also beside columns that lie in other pieces, and where none is asked for."""
    waiting = spool.on_disk((numbered(100).slice(start, 30) for start in range(0, 100, 30)), tmp_path)
    assert waiting is not None
    reader = spool.Reader(
        waiting.append_column("twice", pa.chunked_array([np.arange(0, 80, 2), np.arange(80, 200, 2)]))
    )
    for rows in ([0, 29, 30, 98], [99], []):
        found = reader.take(np.array(rows, np.int64))
        assert found.to_pydict() == {
            "row": rows,
            "text": [str(row) * 3 for row in rows],
            "twice": [2 * row for row in rows],
        }


@pytest.mark.skipif(not STATUS.exists(), reason="Linux tells what of a process's memory are files.")
def test_little_of_what_waits_is_in_memory_at_once(tmp_path: Path) -> None:
    waiting = spool.on_disk((pa.table({"row": np.arange(1_000_000)}) for _ in range(8)), tmp_path)
    assert waiting is not None
    before = resident()
    reader = spool.Reader(waiting)
    most = max(resident() for start in range(0, 8_000_000, 500_000) if reader.take(np.arange(start, start + 500_000)))
    assert most - before < waiting.nbytes / 4


def resident() -> int:
    """Bytes of files that are in this process's memory."""
    return 1024 * next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith("RssFile"))


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="there is no disk that is always full")
@pytest.mark.parametrize("rows", [10, 100_000], ids=["at the end", "on the way"])
def test_a_full_disk_is_told_with_where_to_make_room(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "TemporaryFile", lambda **_: FULL.open("w+b"))
    with pytest.raises(errors.StoreError, match=f"no room .* in {tmp_path}.*NIGHTREEL_SCRATCH"):
        spool.on_disk([numbered(rows)], tmp_path)


def test_where_rows_come_from_is_not_where_they_wait() -> None:
    """A full disk that a manifest meets on its way here is its own trouble."""

    def rows() -> Iterator[pa.Table]:
        yield numbered(10)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/of/the/manifest")

    with pytest.raises(OSError, match="/of/the/manifest") as told:
        spool.on_disk(rows())
    assert told.type is OSError


def test_scratch_that_cannot_be_made_is_told_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    root = tmp_path / "file" / "scratch"
    said = f"Nothing can be written in {root}: Not a directory. Set NIGHTREEL_SCRATCH to a folder of yours."
    with pytest.raises(errors.SettingsError, match=said), spool.folder(root, "plan"):
        pytest.fail("there is no such folder")


def test_what_goes_wrong_in_a_folder_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="of the block"), spool.folder(tmp_path, "plan") as folder:
        raise PermissionError("of the block")
    assert not folder.exists()


def test_several_plans_may_wait_in_one_process(tmp_path: Path) -> None:
    """Airflow's triggerer and a test's farm have threads; one lets go of its memory while another begins to wait."""
    failed: list[Exception] = []

    def wait() -> None:
        try:
            kept = [spool.on_disk([numbered(10)], tmp_path) for _ in range(200)]
            assert all(kept)
        except Exception as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=wait) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switching)
    assert not failed
