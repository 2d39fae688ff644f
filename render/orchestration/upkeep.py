"""The store's upkeep as Airflow operators: they say in their logs what they did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from render import errors
from render.orchestration.run import RunContext, settings_of
from render.store.retention import ORPHAN_HOURS, STALE_HOURS

if TYPE_CHECKING:
    from render.store.objects import ObjectStore


class StoreOperator(BaseOperator):
    """A step that works on the store itself."""

    def opened(self, context: RunContext) -> ObjectStore:
        """The run's store."""
        from render.store.objects import open_store

        settings = settings_of(context)
        return open_store(settings.store, single_writer=settings.single_writer)


class SweepTemporaryOperator(StoreOperator):
    """Removes what writers that died have left half-written."""

    def execute(self, context: RunContext) -> None:
        store = self.opened(context)
        pieces = store.sweep_temporary(ORPHAN_HOURS * 3600)
        self.log.info("%d half-written objects removed from %s", pieces, store.url)


class SweepOrphansOperator(StoreOperator):
    """Removes objects that no record names, when they are old enough, and what is left of withdrawn clips."""

    def execute(self, context: RunContext) -> None:
        from render.store import sweep

        store = self.opened(context)
        removed: Counter[str] = Counter()
        barred = 0
        for orphan in sweep.find(store, older_than_s=ORPHAN_HOURS * 3600):
            try:
                gone = sweep.remove(store, orphan)
            except errors.StoreError as error:
                if orphan.kind is not sweep.Kind.WITHDRAWN:
                    raise
                barred += 1
                self.log.error("Kept %s %s: %s", orphan.kind, store.uri(orphan.path), error)
                continue
            if gone:
                removed[orphan.kind] += 1
                self.log.info("Removed %s %s, %d bytes", orphan.kind, store.uri(orphan.path), orphan.bytes)
            else:
                self.log.info("Kept %s %s, which a record names by now", orphan.kind, store.uri(orphan.path))
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(removed.items()))
        self.log.info("Orphans removed: %s", told or "none")
        if barred:
            raise AirflowFailException(
                f"{barred} withdrawn clips have objects that may not be removed here: trigger takedown for them again."
            )


class TidyCatalogOperator(StoreOperator):
    """Compacts the catalog's small files, and removes those that no reader needs any more."""

    def execute(self, context: RunContext) -> None:
        from render.store import catalog

        settings = settings_of(context)
        settings.scratch.mkdir(parents=True, exist_ok=True)
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
