"""A sample of the crash enumeration: each kind of operation on storage, in each way that it can go wrong.

``make crash`` plays all of it.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import on_s3
import pytest
from on_directory import Crash, DirectoryGround, Process
from trouble import Case, Ground, Mode

from render.store.objects import open_store

pytestmark = pytest.mark.slow

WRITES = (
    "DirectoryStore.put",
    "DirectoryStore.put_file",
    "DirectoryStore.put_if_absent",
    "DeltaTable.create",
    "deltalake.write_deltalake",
)
READS = ("DirectoryStore.open", "DirectoryStore.size", "DirectoryStore.list", "DirectoryStore.folders")


ON_S3 = [
    ("PUT clip record", Mode.LOST),
    ("PUT delta commit", Mode.AFTER),
    ("PUT delta commit", Mode.LOST),
]
"""Where a crash would hurt most; each takes two runs of the batch."""


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ground, list[Case]]]:
    """The ground, and every case that can be played on it."""
    folder = tmp_path_factory.mktemp("s3")
    with on_s3.ground(folder) as ground:
        yield ground, ground.cases(folder / "undisturbed")


@pytest.mark.parametrize(("operation", "mode"), ON_S3)
def test_whatever_a_request_to_s3_comes_to_the_same_command_ends_the_batch(
    operation: str, mode: Mode, s3: tuple[Ground, list[Case]], tmp_path: Path
) -> None:
    ground, every = s3
    alike = [case for case in every if (case.operation, case.mode) == (operation, mode)]
    case = alike[len(alike) // 2]
    assert not ground.play(tmp_path, case), case


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return DirectoryGround().cases(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(
    ("operation", "mode"), [*product(WRITES, [Mode.BEFORE, Mode.AFTER, Mode.LOST]), *product(READS, [Mode.LOST])]
)
def test_whatever_an_operation_on_storage_comes_to_the_same_command_ends_the_batch(
    operation: str, mode: Mode, every: list[Case], tmp_path: Path
) -> None:
    alike = [case for case in every if (case.operation, case.mode) == (operation, mode)]
    case = alike[len(alike) // 2]
    assert not DirectoryGround().play(tmp_path, case), case


def test_a_record_that_is_put_after_its_writer_has_given_up_is_as_good(every: list[Case], tmp_path: Path) -> None:
    late = [case for case in every if case.mode is Mode.LATE]
    assert len(late) >= 8
    for case in late[::2]:  # a clip's record is among them
        assert not DirectoryGround().play(tmp_path / str(case.at), case), case


def test_the_comparison_sees_what_is_missing(tmp_path: Path) -> None:
    ground = DirectoryGround()
    ground.cases(tmp_path)
    store = open_store(str(tmp_path / "store"))
    clip = next(path for path in store.list("clips") if path.endswith("/clip.mp4"))
    store.put(clip, b"another film")
    store.put(clip.replace("clip.mp4", "x/clip.mp4"), b"")
    assert any("clip" in wrong for wrong in ground.violations(tmp_path, {}))


def test_a_dead_process_does_nothing_more(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    process = Process(Case(1, "DirectoryStore.put", Mode.BEFORE, nth=1))
    with process.lives():
        store.put("first", b"")
        for path in ("second", "third"):
            with pytest.raises(Crash):
                store.put(path, b"")
    assert store.list() == ["first"]
