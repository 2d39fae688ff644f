import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from render import scratch

OWN = """
import socket, sys
from pathlib import Path
from render import scratch
socket.gethostname = lambda: sys.argv[2]
own = scratch.of_process(Path(sys.argv[1]))
(own / "picture.mp4.part").touch()
assert own == scratch.of_process(Path(sys.argv[1]))
print(own, flush=True)
"""


@contextmanager
def process_of(host: str, root: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that has its directory below ``root`` until it reads a line, and that directory."""
    command = [sys.executable, "-c", f"{OWN}\ninput()", root, host]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        yield child, Path(child.stdout.readline().strip())
        child.kill()


def test_what_dead_processes_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    """Also what a container left that has another name by now; not what one that lives has, beside this one."""
    others = [tmp_path / name for name in ("dask-scratch-space", "farms", "nightreel-stack-1", "mine-2026-11-29")]
    for folder in others:
        folder.mkdir()
        (folder / "picture.mp4.part").touch()
    with process_of("here", tmp_path) as (here, left), process_of("elsewhere", tmp_path) as (elsewhere, left_there):
        assert scratch.sweep(tmp_path) == []
        here.kill()
        here.wait()
        assert scratch.sweep(tmp_path) == [left]
        elsewhere.kill()
        elsewhere.wait()
        assert scratch.sweep(tmp_path) == [left_there]
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_the_first_call_of_a_process_sweeps(tmp_path: Path) -> None:
    with process_of("here", tmp_path) as (killed, left):
        killed.kill()
        killed.wait()
    with process_of("here", tmp_path) as (_, own):
        assert own != left
        assert list(tmp_path.iterdir()) == [own]


def test_a_process_has_one_directory_which_goes_with_it(tmp_path: Path) -> None:
    said = subprocess.run([sys.executable, "-c", OWN, tmp_path, "here"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(f"{tmp_path}/nightreel-here-")
    assert list(tmp_path.iterdir()) == []


def test_no_program_that_a_process_starts_keeps_its_directory_alive(tmp_path: Path) -> None:
    """ffmpeg, for one, may live a little longer."""
    own = scratch.of_process(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        mine, its = (opened_by(pid) for pid in (os.getpid(), child.pid))
        child.communicate(b"\n")
    assert own.stat().st_ino in mine
    assert own.stat().st_ino not in its


def opened_by(pid: int) -> set[int]:
    """The inodes of what a process has opened."""
    return {link.stat().st_ino for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists()}


def test_where_there_are_no_locks_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network's file system may have none: it works all the same."""

    def none(*_: object) -> None:
        raise OSError("No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    left = tmp_path / "nightreel-here-1-abcdefgh"
    left.mkdir()
    with scratch.private(tmp_path, "job") as folder:
        assert folder.is_dir()
    assert left.exists()


def test_a_process_whose_directory_somebody_removes_makes_another(tmp_path: Path) -> None:
    """Whoever cleans up a disk does not end a service that runs for weeks."""
    shutil.rmtree(scratch.of_process(tmp_path).parent)
    with scratch.private(tmp_path, "job") as folder:
        assert folder.is_dir()
    assert folder.parent == scratch.of_process(tmp_path)


def test_private_directories_are_gone_after_an_error_too(tmp_path: Path) -> None:
    try:
        with scratch.private(tmp_path, "job") as folder:
            (folder / "picture.mp4").touch()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert not folder.exists()
    assert folder.parent == scratch.of_process(tmp_path)
    assert scratch.sweep(tmp_path) == []
    assert not list(folder.parent.iterdir())
