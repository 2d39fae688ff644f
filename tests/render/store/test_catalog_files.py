"""A data file that several threads read at once gives each what it asks for, as DuckDB needs it of any store."""

import io
import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from render.store.catalog.files import CatalogFiles, _File
from render.store.objects import open_store


def in_another_thread(work: threading.Thread) -> None:
    work.start()
    work.join()


def test_each_thread_has_a_position_of_its_own() -> None:
    file = _File(io.BytesIO(b"0123456789"))
    file.seek(2)
    read: list[bytes] = []
    in_another_thread(threading.Thread(target=lambda: (file.seek(7), read.append(file.read(2)))))
    assert (file.tell(), file.read(3), read) == (2, b"234", [b"78"])
    assert file.seek(-1, io.SEEK_END) == 9
    assert file.read() == b"9"


def test_threads_that_read_a_file_at_once_do_not_mix_it_up(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    table = pa.table({"key": [f"{number:064x}" for number in range(20_000)], "value": list(range(20_000))})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=200)
    with duckdb.connect() as connection:
        connection.execute("set threads = 8")
        connection.register_filesystem(CatalogFiles(store, {"a.parquet": (tmp_path / "a.parquet").stat().st_size}))
        for _ in range(5):
            found = connection.sql("select sum(value) as s, count(distinct key) as n from 'nightreel://a.parquet'")
            assert found.to_arrow_table().to_pylist() == [{"s": sum(range(20_000)), "n": 20_000}]


def test_only_the_files_that_were_given_are_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    files = CatalogFiles(open_store(str(tmp_path)), {"a": 1})
    with files.open("nightreel://a") as file:
        assert file.read() == b"1"
    with pytest.raises(FileNotFoundError):
        files.open("nightreel://b")
    with pytest.raises(PermissionError):
        files.open("nightreel://a", "wb")
