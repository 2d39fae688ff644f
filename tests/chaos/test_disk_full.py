"""A batch on a full disk fails with a reason that says so, leaves nothing half-visible, and is made when there is room.

Any user can have a full disk where ``/dev/full`` is put in a file's place: whoever writes there meets the real error.
A small file system needs a mount, which a user has in a namespace of his own where the machine allows one; a limit on
the size of files is another error, by a signal.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import pyarrow as pa
import pytest
import subject

from render import contracts, errors, scratch
from render.model import End
from render.status import status_of
from render.store import batches, catalog, layout
from render.store.directory import DirectoryStore
from render.store.objects import open_store

pytestmark = pytest.mark.slow

FULL = Path("/dev/full")
WRITTEN = ("picture.mp4.part", "clip.mp4.part", "poster.webp.part", "sheet.webp.part")
"""What a worker writes on its way to a clip."""


@contextmanager
def full_scratch(name: str) -> Iterator[None]:
    """A disk that is full when a process comes to this file in its scratch."""
    private = scratch.private

    @contextmanager
    def full(root: Path, prefix: str) -> Iterator[Path]:
        with private(root, prefix) as folder:
            (folder / name).symlink_to(FULL)
            yield folder

    with patch.object(scratch, "private", full):
        yield


@contextmanager
def full_store() -> Iterator[None]:
    """A directory store whose disk is full when a clip's files come to it."""
    put_file, copy = DirectoryStore.put_file, shutil.copyfileobj

    def copy_there(source: IO[bytes], _target: IO[bytes], piece: int) -> None:
        with FULL.open("wb") as full:
            copy(source, full, piece)

    def put_there(store: DirectoryStore, path: str, local: Path) -> None:
        with patch.object(shutil, "copyfileobj", copy_there if path.startswith(layout.CLIPS) else copy):
            put_file(store, path, local)

    with patch.object(DirectoryStore, "put_file", put_there):
        yield


PLACES = {name: lambda name=name: full_scratch(name) for name in WRITTEN} | {"store": full_store}


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_is_named_and_the_same_command_makes_the_clips_when_there_is_room(
    place: str, tmp_path: Path
) -> None:
    """The reason says what is full and the fix where to make room; no clip, attempt or file in the making is left."""
    settings, manifest = subject.prepare(tmp_path)
    store = open_store(settings.store)
    with PLACES[place]():
        assert subject.give_command(settings, manifest, 0) is None
    [batch] = batches.list_ids(store)
    status = status_of(store, batch)
    reasons = [(clip.reason, clip.fix) for clip in status.clips if clip.end is End.FAILED]
    assert len(reasons) == 3
    for reason, fix in reasons:
        assert "No space left on device" in reason
        assert "Make room on the disk" in fix
    assert store.list(layout.CLIPS) == []
    assert list(settings.scratch.rglob("*.mp4*")) == []
    assert subject.give_command(settings, manifest, 1) is None
    failed = {End.FAILED: 3, End.REJECTED: 1}
    assert subject.violations(store, {}, ends=[failed, subject.ENDS]) == []


def test_a_plan_that_finds_no_room_is_told_and_the_same_command_goes_on_when_there_is_some(tmp_path: Path) -> None:
    settings, manifest = subject.prepare(tmp_path)
    store = open_store(settings.store)
    with full_scratch("plan.parquet"):
        told = subject.give_command(settings, manifest, 0)
    assert isinstance(told, errors.StoreError)
    assert str(told).startswith(f"There is no room for files in the making in {settings.scratch}. Make some, or set ")
    assert len(batches.list_ids(store)) == 1
    assert not [path for path in store.list() if "/plan" in path]
    assert subject.left_in(settings.scratch) == []
    assert subject.give_command(settings, manifest, 1) is None
    assert subject.violations(store, {}) == []


SMALL_DISK = 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"'
"""A file system with these options on this folder, and the command on it."""


def on_disk_of(options: str, folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """Run a command for which this folder is a disk of its own."""
    folder.mkdir()
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh", options, folder]
    return subprocess.run(
        [*map(str, [*unshare, sys.executable, *command])],
        env=os.environ | {"NIGHTREEL_SCRATCH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def small_disks(tmp_path: Path) -> None:
    """Where nobody may mount anything such a test cannot be made."""
    if on_disk_of("size=64k", tmp_path / "tried", "-c", "").returncode:
        pytest.skip("this machine gives users no mounts of their own")


COMPACT = """
import sys
from pathlib import Path
from render.store import catalog
from render.store.catalog import upkeep
from render.store.objects import open_store
upkeep.MANY = 2
catalog.relieve(open_store(sys.argv[1]), scratch=Path(sys.argv[2]))
assert not [path for path in Path(sys.argv[2]).rglob("*") if path.is_file()]
from render.cli import main
sys.exit(main(["tidy", "--yes", "--store", sys.argv[1], "--json"]))
"""


def test_a_compaction_that_finds_no_room_changes_nothing_and_is_no_trouble_of_a_publisher(
    small_disks: None, tmp_path: Path
) -> None:
    """``tidy`` says where to make room, and does it when there is some."""
    store = open_store(str(tmp_path / "store"))
    empty = {name: contracts.load(name).arrow_schema().empty_table() for name in ("clips", "checks")}
    for _ in range(3):
        figure = {"check": "black", "name": "black_share", "unit": "1"}
        rows = [figure | {"fingerprint": os.urandom(32).hex(), "value": float(row)} for row in range(1000)]
        catalog.publish_clips(store, empty["clips"], pa.Table.from_pylist(rows, empty["checks"].schema))
    before = store.list()
    room = tmp_path / "room"
    ran = on_disk_of("size=64k", room, "-c", COMPACT, store.url, room)
    assert ran.returncode == 1, ran.stderr
    assert f"There is no room for files in the making in {room}." in told_by(ran)["message"]
    assert store.list() == before
    ran = on_disk_of("size=16m", tmp_path / "more", "-c", COMPACT, store.url, tmp_path / "more")
    assert ran.returncode == 0, ran.stderr
    assert catalog.query(store, "select count(distinct fingerprint) as n from checks").to_pylist() == [{"n": 3000}]
    assert store.list() != before


def test_scratch_that_a_full_disk_has_no_room_for_is_told(small_disks: None, tmp_path: Path) -> None:
    """The batch is recorded, and waits for room."""
    settings, manifest = subject.prepare(tmp_path)
    room = tmp_path / "room"
    ran = on_disk_of("nr_inodes=1", room, "-m", "render.cli", "run", manifest, "--store", settings.store, "--json")
    assert ran.returncode == 3, ran.stderr
    told = told_by(ran)["message"]
    assert f"There is no room for files in the making in {room}." in told
    assert told.endswith("Then run the same command again: it resumes.")


def told_by(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The error that a command's document tells."""
    return json.loads(ran.stdout)["error"]
