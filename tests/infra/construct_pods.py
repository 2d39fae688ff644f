"""Make the pod of a task of each named DAG, of the template on standard input; print them as one line of JSON."""

from __future__ import annotations

import json
import sys

from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import ApiClient

template = PodGenerator.deserialize_model_dict(json.load(sys.stdin))
pods = {
    dag: PodGenerator.construct_pod(
        dag_id=dag,
        task_id="task",
        pod_id="task",
        try_number=1,
        kube_image="image",
        date=None,
        args=["airflow"],
        pod_override_object=None,
        base_worker_pod=template,
        namespace="nightreel",
        scheduler_job_id="1",
        with_mutation_hook=True,
    )
    for dag in sys.argv[1:]
}
print(json.dumps({dag: ApiClient().sanitize_for_serialization(pod) for dag, pod in pods.items()}))
