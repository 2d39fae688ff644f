"""Looks at an inbox again and again, for what is new there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from render.errors import NightreelError, StoreError
from render.manifest.sources import hashed, listed
from render.model import ManifestFile

log = logging.getLogger(__name__)

Taken = Callable[[], Collection[ManifestFile]]

PAUSE = 60
"""Most looks for which a file that could not be read is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """A file that could not be read."""

    state: Hashable
    pause: int
    """Looks from the last try to the next one."""
    due: int
    """The look of the next try."""


class Watch:
    """Tells each file of an inbox once for each content that it comes to have.

    A look costs a listing. A file of which two listings in a row tell the same is held for whole, and read once; one
    that cannot be read is named in the log, and tried again ever less often.
    """

    def __init__(self, inbox: str | Path, roots: Sequence[str] = ()) -> None:
        """``roots``: where the inbox, and what links in it lead to, may lie; anywhere if there are none."""
        self._inbox = inbox
        self._roots = roots
        self._looks = 0
        self._before: dict[str, Hashable] = {}
        self._read: dict[str, Hashable] = {}
        self._faults: dict[str, _Fault] = {}
        self._fresh: dict[str, ManifestFile] = {}
        """Read, and neither told nor compared with what was taken."""
        self._told: set[ManifestFile] = set()

    def look(self, taken: Taken) -> list[ManifestFile]:
        """What is there now, whole, not told yet and not among the ``taken``, which are asked for if there is any.

        Raises :class:`render.errors.NightreelError` for an inbox that cannot be had at the moment, and what ``taken``
        raises. Nothing is forgotten then, nor read again.
        """
        now = listed(self._inbox, self._roots)
        self._looks += 1
        self._read = {url: state for url, state in self._read.items() if now.get(url) == state}
        self._faults = {url: fault for url, fault in self._faults.items() if now.get(url) == fault.state}
        self._fresh = {url: file for url, file in self._fresh.items() if url in self._read}
        at_rest = {url: state for url, state in now.items() if self._before.get(url) == state}
        self._before = now
        self._read_those({url: state for url, state in at_rest.items() if url not in self._read})
        if not self._fresh:
            return []
        old = {*taken()}
        new = [file for _, file in sorted(self._fresh.items()) if file not in old]
        self._fresh = {}
        self._told.update(new)
        return new

    def _read_those(self, states: dict[str, Hashable]) -> None:
        due = {url: self._faults[url].due if url in self._faults else 0 for url in states}
        for url in sorted((url for url in states if due[url] <= self._looks), key=lambda url: (due[url], url)):
            try:
                file = hashed(url, self._roots)
            except NightreelError as error:
                fault = self._faults.get(url)
                if fault is None:
                    log.warning("%s It is tried again, ever less often.", error)
                pause = min(fault.pause * 2, PAUSE) if fault else 1
                self._faults[url] = _Fault(state=states[url], pause=pause, due=self._looks + pause)
                if isinstance(error, StoreError):  # the next file, too, might be waited for
                    return
                continue
            self._read[url] = states[url]
            if file and file not in self._told:
                self._fresh[url] = file
