"""Runs a command as one with all that it starts: ``python -m infra.tether SECONDS COMMAND...``.

A signal to end goes on to the command, which has so many seconds. When the command ends, in whatever way, what it has
started and left behind ends too, and so does everything when whoever started the tether dies. The latter two ask Linux:
elsewhere a command that is killed may leave something behind.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36
LOOK_SECONDS = 2.0
KILL_SECONDS = 5.0
"""What those have that the command left behind, between being asked to end and being ended."""


def main() -> int:
    """Run the command; gives its exit code, as a shell would."""
    seconds, *command = sys.argv[1:]
    parent = os.getppid()
    _process_control(SET_CHILD_SUBREAPER, 1)
    _process_control(SET_PDEATHSIG, signal.SIGTERM)
    alarm, wakes = socket.socketpair()
    for end in (alarm, wakes):
        end.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    for number in (*ENDING, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    if os.getppid() != parent:  # it died before the kernel knew that we want to be told
        return 1
    child = subprocess.Popen(command, preexec_fn=lambda: _process_control(SET_PDEATHSIG, signal.SIGKILL))  # noqa: PLW1509
    _follow(child, alarm, float(seconds))
    _end_the_rest()
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _process_control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _follow(child: subprocess.Popen[bytes], alarm: socket.socket, seconds: float) -> None:
    """Hand signals on until the command has ended; what lost its own parent meanwhile is killed."""
    ends_at = float("inf")
    while child.poll() is None:
        select.select([alarm], [], [], max(0.0, min(LOOK_SECONDS, ends_at - time.monotonic())))
        with suppress(BlockingIOError):
            for number in set(alarm.recv(64)) & set(ENDING):
                child.send_signal(number)
                ends_at = min(ends_at, time.monotonic() + seconds)
        if time.monotonic() > ends_at:
            child.kill()
        for stray in _children():
            if stray != child.pid:
                _signal(stray, signal.SIGKILL)


def _end_the_rest() -> None:
    """Ask those to end that are left, then kill them; whoever loses its parent in this way is one of them."""
    kill_at = time.monotonic() + KILL_SECONDS
    asked: set[int] = set()
    while left := _children():
        for process in left:
            if time.monotonic() > kill_at:
                _signal(process, signal.SIGKILL)
            else:
                _signal(process, 0 if process in asked else signal.SIGTERM)
                asked.add(process)
        time.sleep(0.02)


def _signal(process: int, number: int) -> None:
    """Send a signal to a child of ours, 0 for none, or take note that it has ended."""
    with suppress(ChildProcessError, ProcessLookupError):
        if os.waitpid(process, os.WNOHANG) == (0, 0):
            os.kill(process, number)


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except FileNotFoundError:
        return []


if __name__ == "__main__":
    sys.exit(main())
