"""The takedown of clips as an Airflow operator."""

from __future__ import annotations

from render.orchestration.run import RunContext, now
from render.orchestration.upkeep import StoreOperator


class TakedownOperator(StoreOperator):
    """Takes the clips of the run's parameters down for good; gives how many rows of how many batches that ended."""

    def execute(self, context: RunContext) -> dict[str, int]:
        from render import takedown
        from render.store.naming import named

        params, store = context["params"], self.opened(context)
        by = params.get("by") or context["dag_run"].triggering_user_name or ""
        clips = [named(text, store_url=store.url, store_given=True).fingerprint for text in params["clips"]]
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
