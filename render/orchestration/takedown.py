"""The takedown of clips as an Airflow operator."""

from __future__ import annotations

import getpass
from contextlib import suppress

from airflow.sdk import BaseOperator

from render import errors
from render.orchestration.run import RunContext, now, settings_of


class TakedownOperator(BaseOperator):
    """Takes the clips of the run's parameters down for good; tells it to the DAGs that are scheduled on its outlets."""

    def execute(self, context: RunContext) -> None:
        from render import takedown
        from render.store.naming import of_one_store

        params, settings, by = context["params"], settings_of(context), _by(context)
        store, clips = of_one_store(
            params["clips"],
            store_url=settings.store,
            store_given=bool(params.get("store")),
            single_writer=settings.single_writer,
        )
        self.log.info("By %s, in a run that %s triggered", by, context["dag_run"].triggering_user_name or "nobody")
        done = takedown.withdraw(store, clips, reason=params["reason"], by=by, now=now())
        for tombstone in done.tombstones:
            self.log.info("Clip %s in %s was %s", tombstone.fingerprint, store.url, tombstone.sentence)
        counts = {"clips": len(done.tombstones), "withdrawn": done.rows, "batches": len(done.batches)}
        self.log.info(
            "Done: %d clips, %d objects removed, %d rows of %d batches withdrawn, %d reports written anew",
            counts["clips"],
            done.removed,
            counts["withdrawn"],
            counts["batches"],
            len(done.reports),
        )
        for asset in self.outlets:
            context["outlet_events"][asset].extra = counts


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
