"""A batch on a full disk fails with a reason that says so, leaves nothing half-visible, and is made when there is room.

Any user can have a full disk where ``/dev/full`` is put in a file's place: whoever writes there meets the real error.
A small file system would need a privileged mount, and a limit on the size of files is another error, by a signal.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from unittest.mock import patch

import pytest
import subject

from render import scratch
from render.model import End
from render.status import status_of
from render.store import batches, layout
from render.store.directory import DirectoryStore
from render.store.objects import open_store

pytestmark = pytest.mark.slow

FULL = Path("/dev/full")
WRITTEN = ("picture.mp4.part", "clip.mp4.part", "poster.webp.part", "sheet.webp.part")
"""What a worker writes on its way to a clip."""


@contextmanager
def full_scratch(name: str) -> Iterator[None]:
    """A worker's disk that is full when it comes to this file."""
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
