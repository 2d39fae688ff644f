"""A sample of the crash enumeration: each kind of operation on storage, in each way that it can go wrong.

``make crash`` plays all of it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import on_s3
import pytest
import subject
from on_directory import Crash, DirectoryGround, Process
from trouble import Case, Ground, Mode

from render.store.objects import open_store

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

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
    store.put(f"{clip.rsplit('/', 2)[0]}/x/clip.mp4", b"")
    (tmp_path / "scratch" / "plan.parquet").touch()
    wrong = "; ".join(ground.violations(tmp_path, {}))
    for told in ("its record says", "an unreferenced attempt", "plan.parquet is left"):
        assert told in wrong


DIES = """
import os, signal, sys
from pathlib import Path
import subject
from render.store.directory import DirectoryStore
settings, manifest = subject.prepare(Path(sys.argv[1]))
DirectoryStore.put_file = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
subject.give_command(settings, manifest, 0)
"""


def test_what_a_process_left_that_was_killed_while_it_planned_is_swept_by_the_next(tmp_path: Path) -> None:
    """By kill -9, when the plan's file is whole and on its way to storage: no block of the program ends orderly."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    died = subprocess.run([sys.executable, "-c", DIES, tmp_path], env=env, check=False)
    assert died.returncode == -signal.SIGKILL
    assert [Path(left.split()[0]).name for left in subject.left_in(tmp_path / "scratch")] == ["plan.parquet"]
    ground = DirectoryGround()
    assert ground.command(tmp_path, 1, None)
    assert ground.violations(tmp_path, {}) == []


def test_a_dead_process_does_nothing_more(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    process = Process(Case(1, "DirectoryStore.put", Mode.BEFORE, nth=1))
    with process.lives():
        store.put("first", b"")
        for path in ("second", "third"):
            with pytest.raises(Crash):
                store.put(path, b"")
    assert store.list() == ["first"]
