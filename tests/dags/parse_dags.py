"""Parse the DAGs as Airflow's DAG processor does, and print what came of it as one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import airflow.sdk  # noqa: F401 what every DAG processor has loaded before it parses
from airflow.dag_processing.dagbag import DagBag

start = time.process_time()
bag = DagBag()
seconds = time.process_time() - start


def shape(dag: Any) -> dict[str, Any]:
    """What a DAG is made of."""
    return {
        "schedule": dag.timetable.summary if hasattr(dag.timetable, "summary") else str(dag.schedule),
        "assets": [asset.name for asset in getattr(dag.timetable.asset_condition, "objects", ())],
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "begins_paused": dag.is_paused_upon_creation is not False,
        "params": dag.params.dump(),
        "tasks": {
            task.task_id: {
                "type": task.task_type,
                "upstream": sorted(task.upstream_task_ids),
                "trigger_rule": task.trigger_rule.value,
                "mapped": task.is_mapped,
                "setup": task.is_setup,
                "teardown": task.is_teardown,
                "retries": task.retries,
                "pool": task.pool,
                "weight": [str(task.weight_rule), task.priority_weight],
                "at_a_time": task.max_active_tis_per_dag,
                "retry_policy": task.has_retry_policy if task.is_mapped else task.retry_policy is not None,
                "then": [getattr(told, "then", None) for told in task.on_failure_callback],
                "timeout_seconds": task.execution_timeout and task.execution_timeout.total_seconds(),
            }
            for task in dag.tasks
        },
    }


print(
    json.dumps(
        {
            "import_errors": bag.import_errors,
            "parse_cpu_seconds": seconds,
            "modules": sorted(sys.modules),
            "dags": {name: shape(dag) for name, dag in bag.dags.items()},
        }
    )
)
