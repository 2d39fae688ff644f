"""What Ctrl-C and SIGTERM do to a batch: the first drains, the second stops at once."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
DRAINING = (
    "Stopping: clips in the making are finished, no new ones are begun. Press Ctrl-C again to stop at once; "
    "the same command resumes the batch either way."
)


@contextmanager
def draining(drain: Callable[[], None], *, say: Callable[[str], None]) -> Iterator[None]:
    """Call ``drain`` on the first SIGINT or SIGTERM and say what happens; raise KeyboardInterrupt on each later one.

    ``drain`` and ``say`` may take locks: they are called from a thread, never inside the signal handler, which
    could have interrupted the very holder of the lock.
    """
    heard: queue.SimpleQueue[bool] = queue.SimpleQueue()
    signals = 0

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal signals
        signals += 1
        if signals > 1:
            raise KeyboardInterrupt
        heard.put(True)

    def react() -> None:
        if heard.get():
            say(DRAINING)
            drain()

    listener = threading.Thread(target=react, name="interrupt", daemon=True)
    listener.start()
    try:
        with _handled_by(on_signal):
            yield
    finally:
        heard.put(False)
        listener.join()


@contextmanager
def stopping() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt: what is shown is put in order before the process ends."""
    with _handled_by(signal.default_int_handler):
        yield


@contextmanager
def unheard() -> Iterator[None]:
    """Let SIGINT and SIGTERM do nothing: what is asked for by them is being done."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, one in before.items():
            signal.signal(number, one)
