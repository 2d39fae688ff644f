"""Runs ffmpeg as a child process: fed through its stdin, stderr drained and bounded, exit code always checked.

A dead parent closes the pipe, on which ffmpeg ends by itself. The child has a process group of its own, so that
a Ctrl-C meant for the batch, which drains, does not cut the file short.
"""

from __future__ import annotations

import contextlib
import functools
import subprocess
import threading
from collections import deque
from pathlib import Path
from typing import IO, Any, Self

from render import errors

LAST_LINES = 40
"""How many lines of ffmpeg's stderr are kept for an error message."""

QUIET = ("-hide_banner", "-nostats", "-loglevel", "warning")


@functools.cache
def binary() -> str:
    """Path of the ffmpeg that imageio-ffmpeg carries.

    Raises :class:`render.errors.MediaError` when there is none.
    """
    import imageio_ffmpeg

    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise errors.MediaError(
            f"No ffmpeg is found: {error}. Reinstall imageio-ffmpeg, or name one in IMAGEIO_FFMPEG_EXE."
        ) from error


def command(stream: Any) -> list[str]:
    """The command line of an ffmpeg-python output stream."""
    return stream.global_args(*QUIET).compile(cmd=binary(), overwrite_output=True)


class Process:
    """One running ffmpeg. A context manager: left by an exception it is killed; it is always waited for."""

    def __init__(self, args: list[str], *, doing: str) -> None:
        """Start it; ``doing`` names the work in error messages, such as ``"encode clip.mp4"``."""
        self.doing = doing
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        try:
            self._child = subprocess.Popen(
                args, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0
            )
        except OSError as error:
            raise errors.MediaError(f"ffmpeg cannot be started to {doing}: {error}.") from error
        assert self._child.stdin is not None
        assert self._child.stderr is not None
        self._stdin: IO[bytes] = self._child.stdin
        self._drain = threading.Thread(target=self._read, args=(self._child.stderr,), name="ffmpeg-stderr", daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None or self._child.returncode is None:
            self.kill()

    def write(self, data: bytes | memoryview) -> None:
        """Feed C-contiguous bytes to its stdin.

        Raises :class:`render.errors.MediaError` with ffmpeg's last lines if it died.
        """
        try:
            self._stdin.write(data)
        except OSError:
            self.finish()
            raise errors.MediaError(self._message("closed its input early")) from None

    def finish(self) -> None:
        """Close stdin and wait for the end.

        Raises :class:`render.errors.MediaError` with ffmpeg's last lines if it did not end well.
        """
        self._close()
        code = self._child.wait()
        self._drain.join()
        if code:
            raise errors.MediaError(
                self._message(f"ended with {code}" if code > 0 else f"was killed by signal {-code}")
            )

    def kill(self) -> None:
        """End it at once; no zombie and no open pipe stays behind."""
        self._child.kill()
        self._close()
        self._child.wait()
        self._drain.join()

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # unwritten bytes of a dead child: its exit code tells the story
            self._stdin.close()

    def _read(self, stderr: IO[bytes]) -> None:
        with stderr:
            while line := stderr.readline(4096):
                self._lines.append(line.decode(errors="replace").rstrip())

    def _message(self, what: str) -> str:
        lines = "\n".join(self._lines) or "(it printed nothing)"
        return f"ffmpeg {what} while it should {self.doing}. Its last lines:\n{lines}"


def run(stream: Any, target: Path, *, doing: str, data: bytes | memoryview = b"") -> None:
    """Run an ffmpeg-python stream that writes :func:`part` of ``target`` from ``data``; the file appears when whole.

    Raises :class:`render.errors.MediaError` with ffmpeg's last lines; then no file is left.
    """
    try:
        with Process(command(stream), doing=doing) as process:
            process.write(data)
            process.finish()
        part(target).replace(target)
    finally:
        part(target).unlink(missing_ok=True)


def part(target: Path) -> Path:
    """Where a file is written until it is whole."""
    return target.with_name(target.name + ".part")
