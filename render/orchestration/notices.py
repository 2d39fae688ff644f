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
    """On success of a run's last task: how many rows came to which end, and where the report is.

    A run that found nothing to take is no news.
    """

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        if context["ti"].xcom_pull(task_ids="intake") is None:
            self.log.info("Nobody is told: the run took nothing.")
            return
        ends = _ends(context) or {}
        _tell_of_batch(context, {"event": "run_succeeded", "ends": ends}, [f"is done: {_said(ends)}."], self.log)


class RunFailed(BaseNotifier):
    """On failure of a run's last task: the same, why the run is red, and what to do: as the task says, or clear it."""

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        ends, reason = _ends(context), _reason(context)
        how = "has failed, and its rows were not counted." if ends is None else f"has failed: {_said(ends)}."
        lines = [how, reason, getattr(context["task"], "then", "") or _again(context["ti"])]
        _tell_of_batch(context, {"event": "run_failed", "ends": ends, "reason": reason}, lines, self.log)


class ApprovalWanted(BaseNotifier):
    """When a run begins to wait for a person, with the question's subject."""

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        lines = [f"waits for an answer. {context['task'].subject}.", "Answer under Required Actions in Airflow."]
        _tell_of_batch(context, {"event": "approval_wanted"}, lines, self.log)


class TaskFailed(BaseNotifier):
    """On failure of a task: why, and what to do. Of the shards of a run only the first that fails is told.

    Airflow calls a task failed when its process has ended, after this: shards that fail within some seconds of each
    other, as many as are at work at once, do not see each other, and each is told. ``then`` is what to do where that is
    not to clear the run.
    """

    def __init__(self, then: str | None = None) -> None:
        super().__init__()
        self.then = then

    def notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`."""
        ti = context["ti"]
        mapped = ti.map_index is not None and ti.map_index >= 0
        if mapped and _another_has_failed(ti, self.log):
            self.log.info("Nobody is told: another shard has failed before this one.")
            return
        name = f"{ti.task_id}[{ti.map_index}]" if mapped else ti.task_id
        reason = _reason(context)
        document = {"event": "task_failed", **_names(ti), "task": name, "reason": reason, "log": ti.log_url}
        lines = [f"{_title(ti)}: task {name} has failed.", reason, self.then or _again(ti), f"Log: {ti.log_url}"]
        _post(document, lines, self.log)


class RunLate(BaseNotifier):
    """When a run of the schedule is not done by its deadline; runs in the triggerer."""

    async def async_notify(self, context: RunContext) -> None:
        """See :class:`BaseNotifier`; ``context`` holds the run as the REST API gives it, and the deadline."""
        run, due = context["dag_run"], str(context["deadline"]["deadline_time"])
        if run["run_type"] != "scheduled":  # whoever started it watches it; a night made up for is late in any case
            return
        if run["state"] in {"success", "failed"}:  # how it ended was told
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
    """Tell it as :func:`_of_batch` words it; what cannot be told is a line in the log, no fault of the task."""
    try:
        document, lines = _of_batch(context, document, lines)
    except Exception as error:  # noqa: BLE001 - whatever Airflow's API raises
        log.warning("Nobody is told (%s: %s).", type(error).__name__, error)
    else:
        _post(document, lines, log)


def _of_batch(context: RunContext, document: dict[str, Any], lines: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The first line goes on after the run's name; where to look comes last."""
    ti = context["ti"]
    batch, report = ti.xcom_pull(task_ids="intake"), ti.xcom_pull(task_ids="report")
    document = {**document, **_names(ti), "batch": batch, "report": report, "report_link": None}
    lines = [f"{_title(ti)} {lines[0]}", *lines[1:]]
    if batch:
        settings = settings_of(context)
        lines.append(f"Look: {shlex.join(['nightreel', 'status', batch, '--store', settings.store])}")
        if report:
            document["report_link"] = report_link(settings, batch)
    if report:
        lines.append(f"Report: {document['report_link'] or report}")
    return document, lines


def _ends(context: RunContext) -> dict[str, int] | None:
    """None where they were not counted: there is no batch, or the verdict did not come so far."""
    ends = getattr(context["task"], "ends", None)
    return None if ends is None else {str(end): count for end, count in ends.items() if count}


def _said(ends: dict[str, int]) -> str:
    return ", ".join(f"{count} {end}" for end, count in ends.items()) or "no row has an end"


def _another_has_failed(ti: Any, log: Any) -> bool:
    """Whether it is known that another shard of the run has failed: rather told twice than never."""
    try:
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=[ti.task_id])[ti.run_id]
    except Exception as error:  # noqa: BLE001 - whatever Airflow's API raises
        log.warning("Which shards have failed is not known (%s: %s).", type(error).__name__, error)
        return False
    own = f"{ti.task_id}_{ti.map_index}"
    return any(state == "failed" for name, state in states.items() if name != own)


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
