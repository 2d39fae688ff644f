"""Looks at an inbox again and again, for what is new there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from pathlib import Path

from render.errors import NightreelError
from render.manifest.sources import hashed, listed
from render.model import ManifestFile

Taken = Callable[[], Collection[ManifestFile]]


class Watch:
    """Tells each file of an inbox once for each content that it comes to have.

    A look costs a listing. A file of which two listings in a row tell the same is held for whole, and read once.
    """

    def __init__(self, inbox: str | Path, roots: Sequence[str] = ()) -> None:
        """``roots``: where the inbox, and what links in it lead to, may lie; anywhere if there are none."""
        self._inbox = inbox
        self._roots = roots
        self._before: dict[str, Hashable] = {}
        self._read: dict[str, Hashable] = {}
        self._told: set[ManifestFile] = set()

    def look(self, taken: Taken) -> list[ManifestFile]:
        """What is there now, whole, not told yet and not among the ``taken``, which are asked for if there is any.

        Nothing is forgotten if that raises: :class:`render.errors.NightreelError` for an inbox that cannot be had at
        the moment, or for a file, when there is no other to be told.
        """
        now = listed(self._inbox, self._roots)
        at_rest = {url: state for url, state in now.items() if self._before.get(url) == state}
        self._before = now
        self._read = {url: state for url, state in self._read.items() if url in now}
        fresh = {url: state for url, state in sorted(at_rest.items()) if self._read.get(url) != state}
        new: list[ManifestFile] = []
        faults: list[NightreelError] = []
        old = {*taken(), *self._told} if fresh else set()
        for url, state in fresh.items():
            try:
                file = hashed(url, self._roots)
            except NightreelError as error:
                faults.append(error)
                continue
            self._read[url] = state
            if file and file not in old:
                new.append(file)
        if faults and not new:
            raise faults[0]
        self._told.update(new)
        return new
