"""The takedown of clips as an Airflow operator, and the pod that may do it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from render.orchestration.run import RunContext, now, settings_of
from render.settings import load


def executor_config() -> dict[str, Any]:
    """What KubernetesExecutor is told of the task's pod; nothing where the settings name no account for it."""
    account = load().takedown_account
    if account is None:
        return {}
    from kubernetes.client import models

    return {"pod_override": models.V1Pod(spec=models.V1PodSpec(service_account_name=account, containers=[]))}


class TakedownOperator(BaseOperator):
    """Takes the clips of the run's parameters down for good; gives how many rows of how many batches that ended."""

    def execute(self, context: RunContext) -> dict[str, int]:
        from render import takedown
        from render.store.naming import named
        from render.store.objects import open_store

        params, settings = context["params"], settings_of(context)
        by = params.get("by") or context["dag_run"].triggering_user_name or ""
        store = open_store(settings.store, single_writer=settings.single_writer)
        clips = [named(text, store_url=settings.store, store_given=True).fingerprint for text in params["clips"]]
        done = takedown.withdraw(store, clips, reason=params["reason"], by=by, now=now())
        for tombstone in done.tombstones:
            self.log.info("Clip %s was %s", tombstone.fingerprint, tombstone.sentence)
        counts = {
            "clips": len(done.tombstones),
            "objects": done.removed,
            "rows": done.rows,
            "batches": len(done.batches),
            "reports": len(done.reports),
        }
        self.log.info("Done: %s", ", ".join(f"{count} {what}" for what, count in counts.items()))
        return counts
