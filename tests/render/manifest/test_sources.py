"""Where manifests lie, and where they may lie."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from render import manifest
from render.errors import ManifestError, StoreError
from render.manifest.sources import arrived, explained

TABLE = pa.table({"experiment": ["e"], "variant": ["v"], "prompt": ["p"]})


def test_an_address_that_cannot_be_reached_is_no_broken_file() -> None:
    with pytest.raises(ManifestError, match="Check the address") as caught:
        manifest.files("nosuch://bucket/m.parquet")
    assert "Parquet file" not in str(caught.value)


def test_storage_that_is_away_is_no_broken_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another try may mend it, so a nightly run must not give up for good."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreError, match=r"s3://bucket/m\.parquet cannot be read: .*Try again"):
        manifest.files("s3://bucket/m.parquet")


@pytest.mark.parametrize("code", [errno.EIO, errno.EREMOTEIO, errno.EBUSY])
def test_a_fault_of_the_service_may_pass(tmp_path: Path, code: int) -> None:
    with pytest.raises(StoreError, match="Try again"), explained(str(tmp_path)):
        raise OSError(code, os.strerror(code))


def test_a_file_comes_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    manifest.write(TABLE, path)
    [file] = manifest.files(path)
    assert file.url == f"file://{path}"
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert file.bytes == path.stat().st_size


def test_a_folder_is_taken_in_name_order(tmp_path: Path) -> None:
    for name in ("b.parquet", "a.PARQUET", "c.csv", "_temporary.parquet", ".hidden.parquet", "deeper/d.parquet"):
        manifest.write(TABLE, tmp_path / name)
    (tmp_path / "folder.parquet").mkdir()
    assert [Path(file.url).name for file in manifest.files(tmp_path)] == ["a.PARQUET", "b.parquet"]


@pytest.mark.parametrize("read", [manifest.files, manifest.convert])
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path, read: Callable[[Path], object]) -> None:
    pipe = tmp_path / ("a.parquet" if read is manifest.files else "a.csv")
    os.mkfifo(pipe)
    with pytest.raises(ManifestError, match="is a pipe or a device"):
        read(pipe)


def test_what_is_no_file_stops_no_manifest_of_an_inbox(tmp_path: Path) -> None:
    manifest.write(TABLE, tmp_path / "b.parquet")
    os.mkfifo(tmp_path / "a.parquet")
    (tmp_path / "c.parquet").symlink_to(tmp_path / "gone.parquet")
    (tmp_path / "d.parquet").symlink_to(tmp_path / "b.parquet")
    assert [Path(file.url).name for file in arrived(tmp_path)] == ["b.parquet", "d.parquet"]


def test_a_spreadsheet_is_told_what_to_be(tmp_path: Path) -> None:
    (tmp_path / "m.xlsx").write_bytes(b"PK\x03\x04" * 8)
    with pytest.raises(ManifestError, match=r"no Parquet file\. Give a Parquet file, a folder of them, a \.csv"):
        list(manifest.read(manifest.files(tmp_path / "m.xlsx")))


def test_any_file_system_will_do() -> None:
    try:
        manifest.write(TABLE, "memory://inbox/a.parquet")
        [file] = manifest.files("memory://inbox")
        assert file.url == "memory:///inbox/a.parquet"
        assert sum(table.num_rows for table in manifest.read([file])) == 1
    finally:
        MemoryFileSystem.store.clear()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere.parquet", "no such file"),
        ("empty_folder", "holds no"),
        ("", "empty"),
        ("what://a/b.parquet", "what"),
        ("nul\0.parquet", "no path"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_name(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "empty_folder").mkdir()
    with pytest.raises(ManifestError, match=told) as caught:
        manifest.files(name if "://" in name or not name else tmp_path / name)
    assert name in str(caught.value)
    assert caught.value.exit_code == 2


def test_manifests_stay_below_the_allowed_roots(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "in_not"
    manifest.write(TABLE, inside / "a.parquet")
    manifest.write(TABLE, outside / "b.parquet")
    (inside / "link.parquet").symlink_to(outside / "b.parquet")
    roots = (str(inside), "s3://bucket/in")
    assert len(manifest.files(inside / "a.parquet", roots)) == 1
    outsiders = (outside, outside / "b.parquet", inside / ".." / "in_not", inside / "link.parquet", inside)
    for url in (*map(str, outsiders), "memory://in/a.parquet"):
        with pytest.raises(ManifestError, match="allowed place"):
            manifest.files(url, roots)
    with pytest.raises(ManifestError, match="allowed place"):
        manifest.convert(outside / "b.csv", roots)


def test_an_inbox_may_be_empty_or_not_there(tmp_path: Path) -> None:
    assert arrived(tmp_path) == arrived(tmp_path / "later") == []
    manifest.write(TABLE, tmp_path / "a.parquet")
    assert len(arrived(tmp_path)) == 1


@pytest.mark.parametrize(
    "url",
    ["s3://key:hunter2@bucket/a.parquet", "https://host/a.parquet?X-Amz-Signature=hunter2", "ftp://hunter2@host/a"],
)
def test_an_address_with_a_secret_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ManifestError, match="carries a user name, a password or a query") as refused:
        manifest.files(url)
    assert "hunter2" not in str(refused.value)


def test_signs_of_a_secret_in_a_plain_path_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "who?@home.parquet"
    manifest.write(TABLE, path)
    assert len(manifest.files(path)) == 1
