"""Every night: what teams dropped in the inbox becomes checked videos, a catalog and a report.

A night takes what lies in the inbox when it runs and no other run took. A date that runs again, cleared or by a
backfill, goes on with what it took; one that has taken nothing takes what lies there by now.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from airflow.sdk import DAG, Param

from render.orchestration import chain, deadlines

BEGINS = time(2)

with DAG(
    dag_id="nightly_render",
    description="Manifests in, checked and muxed videos and a catalog out",
    doc_md=__doc__,
    schedule=f"{BEGINS.minute} {BEGINS.hour} * * *",
    start_date=datetime(2026, 11, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    deadline=deadlines.of_night(BEGINS),
    default_args=chain.NIGHTLY_ARGS,
    tags=["nightreel"],
    params={
        "manifest": Param(None, type=chain.TEXT, description="URL of one manifest, brief or CSV; by-passes the inbox."),
        "logical_date": Param(
            None,
            type=chain.TEXT,
            format="date-time",
            description="Run as if at this instant; empty is the run's own date.",
        ),
        **chain.params(),
    },
) as dag:
    chain.render_batch()
