"""On request: clips are taken down for good, and the rows that they serve are withdrawn.

Who reads the catalog is told what has changed there, also by a run that could not do all.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from render.orchestration import chain, notices
from render.orchestration.takedown import TakedownOperator, TellWithdrawnOperator

with DAG(
    dag_id="takedown",
    description="Clips whose consent was revoked, or that must not be, go for good",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    is_paused_upon_creation=False,  # who asks for it must not wait for somebody to unpause it
    default_args=chain.DEFAULT_ARGS
    | {"on_failure_callback": [notices.TaskFailed("Mend it and trigger takedown again: what was done stands.")]},
    tags=["nightreel"],
    params={
        "clips": Param(
            type="array",
            items={"type": "string"},
            minItems=1,
            description="Fingerprints (or their beginnings) or URIs of the clips, one a line.",
        ),
        "reason": Param(type="string", minLength=1, description="Why, in one line; people who want the clip are told."),
        "by": Param(
            None,
            type=chain.TEXT,
            description="Who takes them down; empty is who triggers the run, by its page or with a token.",
        ),
        "store": chain.params()["store"],
    },
) as dag:
    withdraw = TakedownOperator(task_id="withdraw")
    # a teardown runs whatever happened, and leaves the run red
    tell = TellWithdrawnOperator(
        task_id="tell", outlets=[chain.CATALOG_NOW_AND_THEN], execution_timeout=chain.SHORT
    ).as_teardown()
    withdraw >> tell
