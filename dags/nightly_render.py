"""Every night: what teams dropped in the inbox becomes checked videos, a catalog and a report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, TriggerRule

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

with DAG(
    dag_id="nightly_render",
    description="Manifests in, checked and muxed videos and a catalog out",
    doc_md=__doc__,
    schedule="0 2 * * *",
    start_date=datetime(2026, 11, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=20)},
    tags=["nightreel"],
    params={
        "manifest": Param(None, type=TEXT, description="URL of one manifest, brief or CSV; by-passes the inbox."),
        "inbox": Param(None, type=TEXT, description="Where manifests arrive; empty is <store>/inbox."),
        "store": Param(None, type=TEXT, description="Where everything is kept; empty takes the worker's setting."),
        "scheduler": Param(
            None, type=TEXT, description="Address of a Dask scheduler; empty starts one local cluster for this run."
        ),
        "workers": Param(None, type=COUNT, minimum=1, description="Worker processes of that local cluster."),
        "jobs_per_shard": Param(None, type=COUNT, minimum=1, description="Clips in a shard."),
        "logical_date": Param(
            None, type=TEXT, format="date-time", description="Run as if at this instant; empty is the run's own date."
        ),
    },
) as dag:
    intake = IntakeOperator(task_id="intake")
    plan = PlanOperator(task_id="plan", batch=intake.output)
    open_farm = OpenFarmOperator(task_id="open_farm", shards=plan.output).as_setup()
    render_shard = RenderShardOperator.partial(
        task_id="render_shard", batch=intake.output, address=open_farm.output
    ).expand(shard=plan.output)
    close_farm = CloseFarmOperator(task_id="close_farm", address=open_farm.output).as_teardown(setups=open_farm)

    whatever_happened = {"batch": intake.output, "trigger_rule": TriggerRule.ALL_DONE}
    publish = PublishOperator(task_id="publish", **whatever_happened)
    report = ReportOperator(task_id="report", **whatever_happened)
    verdict = VerdictOperator(task_id="verdict", retries=0, **whatever_happened)

    intake >> plan >> open_farm >> render_shard >> publish >> report >> verdict
    render_shard >> close_farm
