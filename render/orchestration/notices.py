"""Tells people how a run ended, what failed and what to do, and that a run is late.

A notice is a document: ``text`` is for people, under the name by which chats take it; the other fields are for
programs. Without a webhook its text is in the task's log, and nothing else happens.
"""

from __future__ import annotations

import shlex
from typing import Any

from airflow.sdk import BaseNotifier
from airflow.sdk.log import redact

from render.orchestration import webhook
from render.orchestration.run import RunContext, settings_of
from render.settings import Settings
from render.store import layout

MOST_LETTERS = 1500
"""Of a reason; the whole is in the task's log."""


class RunSucceeded(BaseNotifier):
    """On success of a run's last task: how many rows came to which end, and where the report is."""

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        ends = _ends(context)
        _tell_of_batch(context, {"event": "run_succeeded", "ends": ends}, [f"is done: {_said(ends)}."], self.log)


class RunFailed(BaseNotifier):
    """On failure of a run's last task: the same, why the run is red, and what to do."""

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        ends, reason = _ends(context), _reason(context)
        lines = [f"has failed: {_said(ends)}.", reason, _again(context["ti"])]
        _tell_of_batch(context, {"event": "run_failed", "ends": ends, "reason": reason}, lines, self.log)


class ApprovalWanted(BaseNotifier):
    """When a run begins to wait for a person, with the question's subject."""

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        lines = [f"waits for an answer. {context['task'].subject}.", "Answer under Required Actions in Airflow."]
        _tell_of_batch(context, {"event": "approval_wanted"}, lines, self.log)


class TaskFailed(BaseNotifier):
    """On failure of a task: why, and what to do. Of many shards that fail the first ones are told."""

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        ti = context["ti"]
        mapped = ti.map_index is not None and ti.map_index >= 0
        if mapped and _told_before(ti):
            self.log.info("Nobody is told: it was told of a shard before this one.")
            return
        name = f"{ti.task_id}[{ti.map_index}]" if mapped else ti.task_id
        reason = _reason(context)
        document = {"event": "task_failed", **_names(ti), "task": name, "reason": reason, "log": ti.log_url}
        lines = [f"{_title(ti)}: task {name} has failed.", reason, _again(ti), f"Log: {ti.log_url}"]
        _post(document, lines, self.log)


class RunLate(BaseNotifier):
    """When a run of the schedule is not done by its deadline; runs in the triggerer."""

    async def async_notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`; ``context`` holds the run as the REST API gives it, and the deadline."""
        run, due = context["dag_run"], str(context["deadline"]["deadline_time"])
        if run["run_type"] != "scheduled":  # whoever started it watches it; a night made up for is late in any case
            return
        names = {"dag": run["dag_id"], "run": run["dag_run_id"]}
        lines = [
            f"{names['dag']} {names['run']} was to be done by {due}, and is {run['state']}.",
            "It goes on. `nightreel status` tells how far its batch is; more Dask workers make it faster.",
        ]
        document = _finished({"event": "run_late", **names, "due": due, "state": run["state"]}, lines)
        self.log.warning("%s", document["text"])
        await webhook.apost(document, self.log)


def report_link(settings: Settings, batch: str) -> str | None:
    """The web address of a batch's report; None where the store is not served."""
    return f"{settings.served_at.rstrip('/')}/{layout.report(batch)}" if settings.served_at else None


def _tell_of_batch(context: RunContext, document: dict[str, Any], lines: list[str], log: Any) -> None:
    """The first line goes on after the run's name; where to look comes last."""
    ti = context["ti"]
    batch, report = ti.xcom_pull(task_ids="intake"), ti.xcom_pull(task_ids="report")
    document |= {**_names(ti), "batch": batch, "report": report, "report_link": None}
    lines[0] = f"{_title(ti)} {lines[0]}"
    if batch:
        settings = settings_of(context)
        lines.append(f"Look: {shlex.join(['nightreel', 'status', batch, '--store', settings.store])}")
        if report:
            document["report_link"] = report_link(settings, batch)
    if report:
        lines.append(f"Report: {document['report_link'] or report}")
    _post(document, lines, log)


def _ends(context: RunContext) -> dict[str, int]:
    return {str(end): count for end, count in getattr(context["task"], "ends", {}).items() if count}


def _said(ends: dict[str, int]) -> str:
    return ", ".join(f"{count} {end}" for end, count in ends.items()) or "no rows"


def _told_before(ti: Any) -> bool:
    """Whether a shard with a lower map index failed, which told it then; of two that fail at once one tells."""
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=[ti.task_id])[ti.run_id]
    failed = {name for name, state in states.items() if state == "failed"}
    return any(f"{ti.task_id}_{lower}" in failed for lower in range(ti.map_index))


def _post(document: dict[str, Any], lines: list[str], log: Any) -> None:
    whole = _finished(document, lines)
    log.info("%s", whole["text"])
    webhook.post(whole, log)


def _finished(document: dict[str, Any], lines: list[str]) -> dict[str, Any]:
    """The document with its text, and without what Airflow knows to be secret."""
    whole = redact({"text": "\n".join(lines), **document})
    assert isinstance(whole, dict)
    return whole


def _names(ti: Any) -> dict[str, str]:
    return {"dag": ti.dag_id, "run": ti.run_id}


def _title(ti: Any) -> str:
    return f"{ti.dag_id} {ti.run_id}"


def _reason(context: RunContext) -> str:
    return str(context.get("exception") or "Its process ended and left no reason.")[:MOST_LETTERS]


def _again(ti: Any) -> str:
    """The command that goes on with the run, ready to be typed.

    All of it is cleared: what was done costs nothing again, and publishing has to come after what is rendered now.
    """
    command = ["airflow", "dags", "clear", ti.dag_id, "--run-id", ti.run_id, "--yes"]
    return f"When its cause is mended: {shlex.join(command)}"
