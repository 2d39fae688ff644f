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
    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        heard.put(False)
        listener.join()


@contextmanager
def unheard() -> Iterator[None]:
    """Let SIGINT and SIGTERM do nothing: what is asked for by them is being done."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
