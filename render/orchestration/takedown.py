"""The takedown of clips as Airflow operators: one takes them down, the next tells who reads the catalog."""

from __future__ import annotations

import getpass
from contextlib import suppress
from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from render import errors
from render.model import End
from render.orchestration import chain
from render.orchestration.run import RunContext, now, settings_of

if TYPE_CHECKING:
    from render.store.objects import ObjectStore


class TakedownOperator(BaseOperator):
    """Takes the clips of the run's parameters down for good."""

    def execute(self, context: RunContext) -> None:
        from render import takedown

        by, (store, clips) = _by(context), _asked(context)
        self.log.info("By %s, in a run that %s triggered", by, context["dag_run"].triggering_user_name or "nobody")
        done = takedown.withdraw(store, clips, reason=context["params"]["reason"], by=by, now=now())
        for tombstone in done.tombstones:
            self.log.info("Clip %s in %s was %s", tombstone.fingerprint, store.url, tombstone.sentence)
        self.log.info(
            "Done: %d clips, %d objects removed, %d rows of %d batches withdrawn, %d reports written anew",
            len(done.tombstones),
            done.removed,
            done.rows,
            len(done.batches),
            len(done.reports),
        )


class TellWithdrawnOperator(BaseOperator):
    """Tells the DAGs that are scheduled on its outlets how many rows the clips of the run's parameters have withdrawn.

    Airflow tells what a task did only if it succeeds: so this is none of the takedown's own, which changes the catalog
    even where it may not remove the objects. What is told is what the catalog says; skipped if that is nothing.
    """

    def execute(self, context: RunContext) -> None:
        import pyarrow as pa

        from render.store import catalog

        try:
            store, clips = _asked(context)
        except (errors.InputError, errors.NotFound) as error:
            raise AirflowSkipException(f"Nothing was taken down: {error}") from error
        rows = catalog.requests_of(store, pa.array(clips, pa.string()), columns=("batch", "fingerprint", "end"))
        gone = [row for row in rows.to_pylist() if row["end"] == End.WITHDRAWN]
        if not gone:
            raise AirflowSkipException("The catalog has no row that they have withdrawn.")
        counts = {
            "clips": len({row["fingerprint"] for row in gone}),
            "withdrawn": len(gone),
            "batches": len({row["batch"] for row in gone}),
        }
        for alias in self.outlets:
            context["outlet_events"][alias].add(chain.CATALOG, counts)


def _asked(context: RunContext) -> tuple[ObjectStore, list[str]]:
    """The store and the fingerprints that the run's parameters name."""
    from render.store.naming import of_one_store

    params, settings = context["params"], settings_of(context)
    return of_one_store(
        params["clips"],
        store_url=settings.store,
        store_given=bool(params.get("store")),
        single_writer=settings.single_writer,
    )


def _by(context: RunContext) -> str:
    """Who takes them down: whom the run names, else who triggered it.

    Airflow's command line gives the account that it runs under: in a pod that of all its processes, whoever typed it.
    Raises :class:`render.errors.InputError` where only that is known, or nothing.
    """
    by, user = context["params"].get("by"), context["dag_run"].triggering_user_name
    if by:
        return by
    with suppress(KeyError, OSError):
        if user == getpass.getuser():
            user = None
    if not user:
        raise errors.InputError(
            "Which person triggered this run is not known, and a tombstone is kept for good: trigger another one with "
            '"by", who takes the clips down.'
        )
    return user
