"""Every morning: what nothing names is removed, and the catalog's small files become large ones.

It does what `nightreel sweep --yes` and `nightreel tidy --yes` do, beside runs that are at work.
What fails is tried again alone: no task waits for another, but that rows are withdrawn late, which is told, before the
catalog is compacted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from render.orchestration import chain, notices
from render.orchestration.upkeep import (
    SweepOrphansOperator,
    SweepTemporaryOperator,
    TidyCatalogOperator,
    WithdrawLateOperator,
)

TOMORROW = "Tomorrow's run does what this one has left, if its cause is mended."

with DAG(
    dag_id="catalog_upkeep",
    description="Orphans out, small files together",
    doc_md=__doc__,
    schedule="0 10 * * *",
    start_date=datetime(2026, 11, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=chain.NIGHTLY_ARGS
    | {
        "execution_timeout": timedelta(hours=4),
        "on_failure_callback": [notices.TaskFailed(TOMORROW)],
    },
    tags=["nightreel"],
    params={"store": chain.params()["store"]},
) as dag:
    SweepTemporaryOperator(task_id="sweep_temporary")
    SweepOrphansOperator(
        task_id="sweep_orphans",
        on_failure_callback=[
            notices.TaskFailed(f"{TOMORROW} Withdrawn clips that are named here are for the DAG takedown alone.")
        ],
    )
    withdraw = WithdrawLateOperator(task_id="withdraw_late", outlets=[chain.CATALOG_NOW_AND_THEN])
    withdraw >> TidyCatalogOperator(task_id="tidy_catalog")
