"""The tasks that take a batch from its manifests to its report, in whichever DAG they stand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, Param, TriggerRule

from render.orchestration import notices, retries
from render.orchestration.approval import ApprovalOperator, ReviewOperator
from render.orchestration.operators import (
    CloseFarmOperator,
    IntakeOperator,
    OpenFarmOperator,
    PlanOperator,
    PublishOperator,
    RenderShardOperator,
    ReportOperator,
    VerdictOperator,
)

TEXT = ["null", "string"]
COUNT = ["null", "integer"]

DEFAULT_ARGS: dict[str, Any] = retries.WITH_PATIENCE | {
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": [notices.TaskFailed()],
    "weight_rule": "absolute",
    "priority_weight": 10,
}
"""Of each task, unless it has its own. Nothing that a task does in its slot takes so long with ten million rows: what
is not done by then hangs, and a storage that hangs may answer the next try."""
NIGHTLY_ARGS = DEFAULT_ARGS | {"priority_weight": 1}
"""Of what has time until morning: when slots are scarce, the tasks of other DAGs go first."""
ONE_AT_A_TIME: dict[str, Any] = {"max_active_tis_per_dag": 1}
"""For a task that takes memory by the row: of the runs of a DAG one at a time has it. A pool would bound all DAGs at
once, but a pool that nobody made leaves its tasks waiting for ever, and says so in the scheduler's log alone."""
SHORT = timedelta(minutes=15)
"""A task that only asks or tells."""

CATALOG = Asset(name="nightreel_catalog", uri="nightreel://catalog")
"""What analysts' DAGs are scheduled on: a batch was published, or what a person decided on it, or clips were taken
down. The event says which batch, and how many of its rows came to which end; of a takedown how many it withdrew."""
CATALOG_NOW_AND_THEN = AssetAlias(name="nightreel_catalog_now_and_then")
"""The same, for a task that has nothing to tell of it on some days, and succeeds all the same."""


def params() -> dict[str, Param]:
    """The parameters that the tasks read; each may be left out."""
    return {
        "inbox": Param(None, type=TEXT, description="Where manifests arrive; empty is <store>/inbox."),
        "store": Param(None, type=TEXT, description="Where everything is kept; empty takes the worker's setting."),
        "scheduler": Param(
            None,
            type=TEXT,
            description="A Dask scheduler: its address, or the id of an Airflow connection of type Dask; "
            "empty takes the worker's setting, else starts one local cluster for this run.",
        ),
        "workers": Param(None, type=COUNT, minimum=1, description="Worker processes of that local cluster."),
        "jobs_per_shard": Param(None, type=COUNT, minimum=1, description="Clips in a shard."),
        "approval": Param(
            None,
            type=["null", "boolean"],
            description="Ask a person about held clips before the run ends; empty takes the worker's setting.",
        ),
    }


def render_batch() -> None:
    """Put the tasks into the DAG that is being declared."""
    intake = IntakeOperator(task_id="intake")
    plan = PlanOperator(task_id="plan", batch=intake.output, **ONE_AT_A_TIME)
    open_farm = OpenFarmOperator(task_id="open_farm", shards=plan.output, execution_timeout=SHORT).as_setup()
    render_shard = RenderShardOperator.partial(
        task_id="render_shard", batch=intake.output, address=open_farm.output, execution_timeout=None
    ).expand(shard=plan.output)
    close_farm = CloseFarmOperator(task_id="close_farm", address=open_farm.output, execution_timeout=SHORT).as_teardown(
        setups=open_farm
    )

    whatever_happened = {"batch": intake.output, "trigger_rule": TriggerRule.ALL_DONE}
    publish = PublishOperator(task_id="publish", outlets=[CATALOG], **ONE_AT_A_TIME, **whatever_happened)
    report = ReportOperator(task_id="report", **whatever_happened)
    approval = ApprovalOperator(
        task_id="approval",
        batch=intake.output,
        report=report.output,
        execution_timeout=None,
        notifiers=[notices.ApprovalWanted()],
    )
    review = ReviewOperator(task_id="review", outlets=[CATALOG], batch=intake.output)
    verdict = VerdictOperator(
        task_id="verdict",
        retries=0,
        execution_timeout=SHORT,
        on_success_callback=[notices.RunSucceeded()],
        on_failure_callback=[notices.RunFailed()],
        **whatever_happened,
    )

    intake >> plan >> open_farm >> render_shard >> publish >> report >> approval >> review >> verdict
    render_shard >> close_farm
