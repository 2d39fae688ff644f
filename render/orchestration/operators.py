"""The steps of the pipeline as Airflow operators.

Their arguments are another task's ``output`` while a DAG is parsed, and its value (None if it has none) in a task.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, XComArg
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from render import errors
from render.model import End
from render.orchestration import hooks, lineage
from render.orchestration.lineage import Data
from render.orchestration.run import RunContext, farm_home, given_of, now, run_key, settings_of
from render.settings import Settings
from render.telemetry.context import bind

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

BROKEN = frozenset({"failed", "upstream_failed"})
"""Task states after which a run must not look green."""


class IntakeOperator(BaseOperator):
    """Records which manifests this run takes; gives the batch's id. Skipped when there are none."""

    def execute(self, context: RunContext) -> str:
        from render import pipeline

        params = context["params"]
        batch = pipeline.intake(
            settings_of(context),
            manifest=params.get("manifest") or None,
            inbox=params.get("inbox"),
            run_key=run_key(context),
            now=now(),
        )
        if batch is None:
            raise AirflowSkipException("Nothing lies in the inbox that no batch took.")
        bind(batch=batch.id)
        self.log.info("Batch %s takes %d manifests", batch.id, len(batch.manifests))
        return batch.id


class BatchOperator(BaseOperator):
    """A step that works on a batch; it is skipped when the intake left none."""

    template_fields: Collection[str] = ("batch",)
    reads: ClassVar[set[Data]] = set()
    writes: ClassVar[set[Data]] = set()

    def __init__(self, *, batch: XComArg | str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch: Any = batch

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        """What was read and written; OpenLineage's provider asks for it."""
        return lineage.of_batch(task_instance, self.batch, reads=self.reads, writes=self.writes)

    def tell(self, context: RunContext, counts: Mapping[str, int]) -> None:
        """Tell the DAGs that are scheduled on this task's outlets which batch it was, and how many rows are where."""
        for asset in self.outlets:
            context["outlet_events"][asset].extra = {"batch": self.batch_id(), **counts}

    def batch_id(self) -> str:
        """The batch's id, or a skip."""
        if self.batch is None:
            raise AirflowSkipException("There is no batch: the intake took none, or failed.")
        bind(batch=self.batch)
        return self.batch


class PlanOperator(BatchOperator):
    """Plans the batch; gives the shards in which a row waits, none when there is nothing to render."""

    def execute(self, context: RunContext) -> list[int]:
        from render import pipeline

        settings = settings_of(context)
        pipeline.plan(settings, self.batch_id(), now=now())
        return pipeline.pending_shards(settings, self.batch_id())


class OpenFarmOperator(BaseOperator):
    """Gives the run's one Dask cluster: the one asked for, else a local one's address, else "" without shards.

    What is asked for is an address, or the id of an Airflow connection, which stays one: what it holds is not told.
    """

    template_fields: Collection[str] = ("shards",)

    def __init__(self, *, shards: XComArg | Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shards: Any = shards

    def execute(self, context: RunContext) -> str:
        from render.farm import cluster

        settings = settings_of(context)
        if not self.shards:
            return ""
        if settings.scheduler:
            hooks.resolve(settings.scheduler)
            return settings.scheduler
        owner = os.environ.get("NIGHTREEL_FARM_OWNER")  # set by who runs a whole DAG run below himself
        home = farm_home(context)
        return cluster.spawn(settings, home, owner=int(owner) if owner else None)


class CloseFarmOperator(BaseOperator):
    """Stops the cluster that :class:`OpenFarmOperator` started, never one that was there before."""

    template_fields: Collection[str] = ("address",)

    def __init__(self, *, address: XComArg | str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.address: Any = address

    def execute(self, context: RunContext) -> None:
        from render.farm import cluster

        if self.address and settings_of(context).scheduler is None:
            cluster.stop(self.address)
            shutil.rmtree(farm_home(context), ignore_errors=True)


class RenderShardOperator(BatchOperator):
    """Has the clips of one shard made on the run's cluster, and waits for them without holding a worker's slot."""

    template_fields: Collection[str] = ("batch", "shard", "address")
    reads: ClassVar[set[Data]] = {Data.MANIFESTS}
    writes: ClassVar[set[Data]] = {Data.CLIPS}

    def __init__(self, *, shard: int, address: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shard = shard
        self.address: Any = address

    def execute(self, context: RunContext) -> None:
        from render.orchestration.triggers import ShardTrigger

        bind(shard=self.shard)
        seconds = settings_of(context).shard_seconds
        trigger = ShardTrigger(
            batch=self.batch_id(),
            shard=self.shard,
            address=self.address,
            given=given_of(context),
            until=(now() + timedelta(seconds=seconds)).isoformat() if seconds else None,
        )
        self.defer(trigger=trigger, method_name="conclude")

    def conclude(self, context: RunContext, event: Mapping[str, Any]) -> None:
        """Fail as the trigger says: for good, or until another try."""
        if event["failure"]:
            raise (AirflowFailException if event["final"] else AirflowException)(event["failure"])


class PublishOperator(BatchOperator):
    """Brings every row that has an end into the catalog; tells it to the DAGs that are scheduled on its outlets."""

    reads: ClassVar[set[Data]] = {Data.MANIFESTS, Data.CLIPS}
    writes: ClassVar[set[Data]] = {Data.CATALOG}

    def execute(self, context: RunContext) -> None:
        from render import pipeline

        self.tell(context, pipeline.publish(settings_of(context), self.batch_id()))


class ReportOperator(BatchOperator):
    """Writes the report; gives its URI."""

    def execute(self, context: RunContext) -> str:
        from render import pipeline

        return pipeline.report(settings_of(context), self.batch_id(), now=now())


MEND_REFUSED = "Mend what was refused, and put it in the inbox again: another content is taken, under whatever name."
TRY_FAILED = (
    "Rows that failed are tried again by a new run that is given their manifest, not by this one when it is cleared."
)


class VerdictOperator(BatchOperator):
    """Fails the run if a task failed, a row has no end, or more rows failed than are allowed.

    ``ends`` tells afterwards how many rows came to which end, None if they were not counted; ``then`` what is to be
    done about the faults, empty where that is to clear the run.
    """

    def __init__(self, *, batch: XComArg | str | None, **kwargs: Any) -> None:
        super().__init__(batch=batch, **kwargs)
        self.ends: dict[End, int] | None = None
        self.then = ""

    def execute(self, context: RunContext) -> None:
        ti = context["ti"]
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
        faults = [f"Task {task} is {state}." for task, state in sorted(states.items()) if state in BROKEN]
        lasting: dict[str, str] = {}
        if self.batch is not None:
            try:
                passing, lasting = self._faults_of_batch(settings_of(context), self.batch)
                faults += passing
            except errors.NightreelError as error:
                faults.append(str(error))
        self.then = "" if faults else " ".join(dict.fromkeys(lasting.values()))
        if faults or lasting:
            raise AirflowFailException(" ".join([*lasting, *faults]))

    def _faults_of_batch(self, settings: Settings, batch: str) -> tuple[list[str], dict[str, str]]:
        """What the run mends when it is cleared; and what it does not, with what does."""
        from render import pipeline

        status = pipeline.status(settings, batch)
        self.ends = dict(status.ends)
        failed, passing = status.ends.get(End.FAILED, 0), []
        self.log.info("Batch %s: %s", batch, ", ".join(f"{count} {end}" for end, count in status.ends.items() if count))
        if status.waiting:
            passing.append(f"{status.waiting} rows have no end yet; clear this run, all of it: it goes on.")
        lasting = {f"Refused from the inbox: {refused.reason}": MEND_REFUSED for refused in status.refused}
        if failed > settings.allow_failed:
            lasting[f"{failed} rows failed, {settings.allow_failed} are allowed."] = TRY_FAILED
        return passing, lasting
