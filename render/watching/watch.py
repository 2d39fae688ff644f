"""Looks at a batch again and again, in storage and at the scheduler that has its jobs, and is no burden to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from render import errors
from render.engines import registry
from render.farm import cluster
from render.farm.survey import Asker, Survey
from render.model import ClipRecord
from render.settings import Settings
from render.status import status_of
from render.store import batches
from render.store.objects import store_of
from render.watching.view import View, view

BUSY = 0.1
"""Most of the time that may go into looking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of one look."""

    view: View
    trouble: str = ""
    """Why this look came to nothing; then ``view`` is that of the one before."""


class Watcher:
    """Looks at one batch. A context manager, which holds a connection to the scheduler.

    Which scheduler is asked: ``settings.scheduler``, else those of this machine's farms that share the settings'
    scratch directory; of several the one that has the batch.
    """

    def __init__(self, settings: Settings, batch_id: str) -> None:
        """Raises :class:`render.errors.NotFound` for a batch that was never taken in."""
        self._settings = settings
        self._batch = batch_id
        self._store = store_of(settings)
        self._start = datetime.fromisoformat(batches.load(self._store, batch_id).created_at).timestamp()
        self._askers: dict[str, Asker] = {}
        self._records: dict[str, ClipRecord] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for asker in self._askers.values():
            asker.close()

    def look(self, now: float) -> View:
        """See where the batch is. Raises :class:`render.errors.StoreError` if storage does not tell."""
        status = status_of(self._store, self._batch, self._records)
        survey, unknown = (None, "") if not status.waiting else self._survey()
        return view(status, survey, start=self._start, now=now, needs=_needs, unknown=unknown)

    def _survey(self) -> tuple[Survey | None, str]:
        """What a scheduler says of the batch; None with the reason if none can say."""
        named = self._settings.scheduler
        addresses = [named] if named else cluster.living(self._settings.scratch)
        for gone in self._askers.keys() - set(addresses):
            self._askers.pop(gone).close()
        trouble = ""
        for address in addresses:
            try:
                survey = self._askers.setdefault(address, Asker(address)).ask(self._batch, self._store.url)
            except errors.SchedulerAway as error:
                trouble = str(error)
                continue
            if survey.knows or named:
                return survey, ""
        return None, trouble or _NOBODY


_NOBODY = (
    "no farm of this machine has the batch; if another cluster is at work on it, name that with --scheduler ADDRESS"
)


def _needs(engine: str) -> Mapping[str, float] | None:
    try:
        return registry.capabilities(engine).resources
    except errors.EngineMissing:
        return None


def looks(
    watcher: Watcher,
    *,
    every: float,
    now: Callable[[], float] = time.time,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Look]:
    """Look every so many seconds until the batch is over; the last look is the one that saw it so.

    Where looking takes long it is done less often, so that a tenth of the time at most goes into it. Storage that is
    away for a while makes a look with its ``trouble``. Raises what the first look raises.
    """
    last: View | None = None
    while last is None or not last.over:
        began, trouble = clock(), ""
        try:
            last = watcher.look(now())
        except errors.CorruptObject:
            raise
        except errors.StoreError as error:
            if last is None:
                raise
            trouble = str(error)
        took = clock() - began
        yield Look(view=last, trouble=trouble)
        if not last.over:
            sleep(max(every - took, pause(took)))


def pause(took: float) -> float:
    """How long to do nothing after a look that took so long."""
    return took * (1 / BUSY - 1)
