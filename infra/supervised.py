"""The stack's processes: one supervisord, started on a tether, asked on its socket."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ProtocolError, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport

from infra.airflow_home import ROOT, hear_no_more
from render import errors

CONFIGURATION = ROOT / "infra" / "supervisord.conf"
START_SECONDS = 60.0
STOP_SECONDS = 300
RESTARTS = 4
"""A part that has been started so often, and the stack is not up yet, will not come up."""
FATAL = "FATAL"
"""What supervisord calls a part whose ``startretries`` are used up."""
LOG_LINES_SHOWN = 15
REMEMBERED_SECONDS = 3600
"""Starts before that are forgotten: a part that ends now and then is no news."""
_REFUSED = (OSError, Fault, ProtocolError)
"""What a supervisord raises that is ending, or gone."""


@contextmanager
def claimed(folder: Path) -> Iterator[int]:
    """Lock the folder; gives the file that is locked, which a process may inherit so that it stays so.

    Raises :class:`BlockingIOError` if it is locked already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock.fileno()


def is_claimed(folder: Path) -> bool:
    """True if a stack has the folder."""
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def run_folder(folder: Path) -> Iterator[Path]:
    """A folder for sockets, whose paths must be short, and for what is true of this run only; ``run`` leads there.

    That of a run which was killed is removed first.
    """
    link = folder / "run"
    _remove(link)
    run = Path(tempfile.mkdtemp(prefix="nightreel-stack-"))
    link.symlink_to(run)
    try:
        yield run
    finally:
        _remove(link)


def _remove(link: Path) -> None:
    if link.is_symlink():
        shutil.rmtree(link.readlink(), ignore_errors=True)
        link.unlink()


@dataclass
class Supervisor:
    """supervisord at work."""

    process: subprocess.Popen[bytes]
    logs: Path
    _remote: Any
    _starts: dict[str, set[int]] = field(default_factory=dict)

    def start(self, *groups: str) -> None:
        """Start parts, without waiting until they do what they are there for.

        Raises :class:`render.errors.NightreelError` for one whose command cannot be run.
        """
        for group in groups:
            for part in self._remote.startProcessGroup(group, False):
                if part["status"] != Faults.SUCCESS:
                    raise errors.NightreelError(f"{part['name']} cannot be started: {part['description']}.")

    def check(self) -> None:
        """Raise :class:`render.errors.NightreelError` with a part's last words if it dies again and again."""
        for info in self._parts():
            starts = self._starts[info["name"]]
            if len(starts) >= RESTARTS or info["statename"] == FATAL:
                raise errors.NightreelError(_last_words(info))

    def revive(self, say: Callable[[str], None]) -> None:
        """Start again what supervisord has given up, and say which parts die again and again, more and more rarely.

        Raises :class:`render.errors.NightreelError` if supervisord is gone.
        """
        known = {name: len(starts) for name, starts in self._starts.items()}
        for info in self._parts():
            starts = len(self._starts[info["name"]])
            if starts > known.get(info["name"], 0) and starts >= RESTARTS and starts.bit_count() == 1:
                say(f"Started {starts} times: {_last_words(info)}")
            if info["statename"] == FATAL:
                with suppress(*_REFUSED):  # tried again at the next look
                    self._remote.startProcess(f"{info['group']}:{info['name']}", False)

    def _parts(self) -> list[dict[str, Any]]:
        """What supervisord tells of each, whose starts are noted."""
        try:
            parts = self._remote.getAllProcessInfo()
        except _REFUSED as error:
            raise errors.NightreelError(f"supervisord ended; its log is in {self.logs}.") from error
        for info in parts:
            known = self._starts.get(info["name"], set()) | {info["start"]} - {0}
            self._starts[info["name"]] = {start for start in known if start > info["now"] - REMEMBERED_SECONDS}
        return parts


def _last_words(info: Mapping[str, Any]) -> str:
    log, last = Path(info["stdout_logfile"]), list[str]()
    with suppress(FileNotFoundError):
        last = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    return "\n".join([f"{info['name']} does not stay up. {log} ends so:", *last])


@contextmanager
def supervisor(run: Path, logs: Path, env: Mapping[str, str], *, keep: int) -> Iterator[Supervisor]:
    """Run supervisord with nothing started yet; all of its parts end with the block, and with this process.

    The file ``keep`` stays open as long as anything of it lives.
    """
    command = [sys.executable, "-m", "infra.tether", str(STOP_SECONDS)]
    command += [str(Path(sys.executable).with_name("supervisord")), f"--configuration={CONFIGURATION}"]
    with (logs / "supervisord.out").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[keep],
            start_new_session=True,
        )
    try:
        yield Supervisor(process, logs, _remote(process, run / "supervisor.sock", logs))
    finally:
        hear_no_more()
        process.terminate()
        process.wait()


def _remote(process: subprocess.Popen[bytes], socket: Path, logs: Path) -> Any:
    """What answers on the socket, once it does."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            remote = ServerProxy("http://localhost", transport=SupervisorTransport(serverurl=f"unix://{socket}"))
            remote.supervisor.getState()
            return remote.supervisor
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                last = (logs / "supervisord.out").read_text(errors="replace")[-2000:]
                raise errors.NightreelError(f"supervisord did not come up:\n{last}") from error
            time.sleep(0.1)
