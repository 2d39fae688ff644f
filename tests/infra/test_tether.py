"""A command on a tether, which notes the process ids of all that it starts, in trees of shells."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 60.0
"""What a moment may take to come; on an idle machine it takes a fraction of one."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")


class Tethered:
    """A tether in a folder, whose shells note their ids in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[int] = []

    def command(self, script: str, seconds: float = 300) -> list[str]:
        """A tether that runs a script."""
        return [sys.executable, "-m", "infra.tether", str(seconds), "sh", "-c", script]

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, cwd=self.folder, env=os.environ | {"PYTHONPATH": str(ROOT)})
        self.started.append(process.pid)
        return process

    def noted(self, name: str) -> int:
        """The process that has noted its id under this name."""
        await_((self.folder / name).exists)
        process = int((self.folder / name).read_text())
        self.started.append(process)
        return process


@pytest.fixture
def tethered(tmp_path: Path) -> Iterator[Tethered]:
    tethered = Tethered(tmp_path)
    yield tethered
    for pid in tethered.started:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def await_(moment: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not moment():
        assert time.monotonic() < deadline, "the moment never came"
        time.sleep(0.02)


def gone(process: int) -> bool:
    """It has ended, whether or not anybody has asked for its exit code."""
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def noting(name: str, then: str) -> str:
    return f"echo $$ > {name}.new; mv {name}.new {name}; {then}"


def test_it_ends_as_its_command_does(tethered: Tethered) -> None:
    """The exit code of the command is the tether's, and a signal's is that of a shell."""
    assert tethered.start(tethered.command("exit 3")).wait(SECONDS) == 3
    assert tethered.start(tethered.command("kill -KILL $$")).wait(SECONDS) == 128 + signal.SIGKILL


def test_what_a_killed_command_leaves_behind_ends(tethered: Tethered) -> None:
    """A grandchild that is deaf to SIGTERM in a session of its own ends with a command that was killed."""
    deaf = noting("grandchild", 'trap "" TERM; sleep 300')
    tether = tethered.start(tethered.command(f"setsid sh -c '{deaf}' & {noting('child', 'exec sleep 300')}"))
    child, grandchild = tethered.noted("child"), tethered.noted("grandchild")
    os.kill(child, signal.SIGKILL)
    assert tether.wait(SECONDS) == 128 + signal.SIGKILL
    assert gone(grandchild)


def test_a_signal_goes_on_to_the_command(tethered: Tethered) -> None:
    """The command may end in its own way; its exit code is kept."""
    tether = tethered.start(tethered.command(f'trap "exit 7" INT; {noting("child", "while :; do sleep 0.1; done")}'))
    tethered.noted("child")
    tether.send_signal(signal.SIGINT)
    assert tether.wait(SECONDS) == 7


def test_a_command_that_is_deaf_is_killed_after_its_seconds(tethered: Tethered) -> None:
    """A second signal does not prolong its life."""
    script = f'trap "" TERM; {noting("child", "while :; do sleep 0.1; done")}'
    tether = tethered.start(tethered.command(script, seconds=0.5))
    tethered.noted("child")
    tether.terminate()
    assert tether.wait(SECONDS) == 128 + signal.SIGKILL


def test_a_killed_tether_takes_its_command_along(tethered: Tethered) -> None:
    """A kill that nobody can catch ends the command, too."""
    tether = tethered.start(tethered.command(noting("child", "exec sleep 300")))
    child = tethered.noted("child")
    tether.kill()
    tether.wait(SECONDS)
    await_(lambda: gone(child))


def test_everything_ends_when_the_one_above_is_killed(tethered: Tethered) -> None:
    """A tether under a process that is killed ends its command and what that has started."""
    tree = f"sh -c '{noting('grandchild', 'exec sleep 300')}' & {noting('child', 'exec sleep 300')}"
    code = f"import subprocess; subprocess.run({tethered.command(tree)!r}, check=False)"
    above = tethered.start([sys.executable, "-c", code])
    child, grandchild = tethered.noted("child"), tethered.noted("grandchild")
    above.kill()
    above.wait(SECONDS)
    await_(lambda: gone(child) and gone(grandchild))


def test_a_stray_is_killed_while_the_command_lives(tethered: Tethered) -> None:
    """What has lost its own parent below a living command does not stay."""
    stray = noting("stray", "exec sleep 300")
    script = f"sh -c 'sh -c \"{stray}\" &'; {noting('child', 'exec sleep 300')}"
    tether = tethered.start(tethered.command(script))
    left, child = tethered.noted("stray"), tethered.noted("child")
    await_(lambda: gone(left))
    assert not gone(child)
    tether.terminate()
    assert tether.wait(SECONDS) == 128 + signal.SIGTERM
