"""The store's upkeep as Airflow operators: they say in their logs what they did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from render import errors
from render.orchestration import chain
from render.orchestration.run import RunContext, settings_of
from render.store.retention import ORPHAN_HOURS, STALE_HOURS

if TYPE_CHECKING:
    from render.store.objects import ObjectStore

NAMED = 50
"""Clips in a message; the log names all."""
_LATE = "late"
"""State of the task: how many rows it found to be withdrawn."""


class StoreOperator(BaseOperator):
    """A step that works on the store itself."""

    def opened(self, context: RunContext) -> ObjectStore:
        """The run's store."""
        from render.store.objects import store_of

        return store_of(settings_of(context))


class SweepTemporaryOperator(StoreOperator):
    """Removes what writers that died have left half-written."""

    def execute(self, context: RunContext) -> None:
        store = self.opened(context)
        pieces = store.sweep_temporary(ORPHAN_HOURS * 3600)
        self.log.info("%d half-written objects removed from %s", pieces, store.url)


class SweepOrphansOperator(StoreOperator):
    """Removes objects that no record names, when they are old enough, and what is left of withdrawn clips.

    What cannot be removed keeps nothing else. Withdrawn clips of which this role may not remove all fail the task for
    good, other trouble for this try.
    """

    def execute(self, context: RunContext) -> None:
        from render.store import sweep

        store = self.opened(context)
        removed: Counter[str] = Counter()
        barred: list[str] = []
        troubles: list[errors.StoreError] = []
        for orphan in sweep.find(store, older_than_s=ORPHAN_HOURS * 3600):
            try:
                gone = sweep.remove(store, orphan)
            except errors.StoreError as error:
                if orphan.kind is sweep.Kind.WITHDRAWN and isinstance(error.__cause__, PermissionError):
                    barred.append(orphan.path.rpartition("/")[2])
                else:
                    troubles.append(error)
                self.log.error("Kept %s %s: %s", orphan.kind, store.uri(orphan.path), error)
                continue
            if gone:
                removed[orphan.kind] += 1
                self.log.info("Removed %s %s, %d bytes", orphan.kind, store.uri(orphan.path), orphan.bytes)
            else:
                self.log.info("Kept %s %s, which a record names by now", orphan.kind, store.uri(orphan.path))
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(removed.items()))
        self.log.info("Orphans removed: %s", told or "none")
        some, others = ", ".join(clip[:12] for clip in barred[:NAMED]), len(barred) - NAMED
        for_takedown = barred and (
            f"{len(barred)} withdrawn clips have objects that may not be removed here: trigger takedown for them "
            f"again: {some}{f', and {others} that the log names' if others > 0 else ''}."
        )
        if troubles:
            raise errors.StoreError(
                f"Orphans of {store.url} that could not be removed: {len(troubles)}. The first: {troubles[0]} "
                f"{for_takedown or ''}".rstrip()
            ) from troubles[0]
        if for_takedown:
            raise AirflowFailException(for_takedown)


class WithdrawLateOperator(StoreOperator):
    """Withdraws rows of clips that were taken down, which a publisher that died has left.

    It tells how many to the DAGs that are scheduled on its outlets. Airflow tells what a task did only if it succeeds
    in the end: so nothing else is done in this one, and it remembers over its tries what there was to do, until that is
    told: a run that is cleared does not tell it again.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(on_success_callback=_forget, **kwargs)

    def execute(self, context: RunContext) -> None:
        from render.store import catalog

        store, state = self.opened(context), context["task_state_store"]
        untold = catalog.untold(store)
        late = max([state.get(_LATE) or 0, *map(len, untold.values())])  # a row stands in two tables
        if late:
            state.set(_LATE, late)
            catalog.withdraw_late(store, untold)
            for alias in self.outlets:
                context["outlet_events"][alias].add(chain.CATALOG, {"withdrawn": late})
        self.log.info("%d rows withdrawn late", late)


def _forget(context: RunContext) -> None:
    """Airflow has recorded that the task succeeded, and with it what it told."""
    context["task_state_store"].delete(_LATE)


class TidyCatalogOperator(StoreOperator):
    """Compacts the catalog's small files, and removes those that no reader needs any more."""

    def execute(self, context: RunContext) -> None:
        from render.store import catalog

        settings = settings_of(context)
        for done in catalog.tidy(self.opened(context), older_than_h=STALE_HOURS, do=True, scratch=settings.scratch):
            self.log.info(
                "Table %s of %d files: %d small ones%s, %d stale ones of %d bytes%s, %d rows withdrawn late",
                done.table,
                done.files,
                done.small,
                " compacted" if done.compacted else ", none compacted",
                done.stale,
                done.stale_bytes,
                " removed" if done.removed else ", none removed",
                done.untold,
            )
