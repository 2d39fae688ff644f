"""A person decides on the held clips of a run: one task waits for the answer, the next one carries it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, XComArg
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from render.model import End
from render.orchestration import notices
from render.orchestration.operators import BatchOperator
from render.orchestration.run import RunContext, now, settings_of

if TYPE_CHECKING:
    from render.review import Held

PUBLISH = "Publish all held"
REFUSE = "Refuse all held"
LATER = "Decide later with nightreel review"
_ASKED = "asked"
"""XCom: about which rows the person was asked, in order."""


class ApprovalOperator(HITLOperator):
    """Asks a person what is to become of the run's held clips, and records the answer.

    It waits in Airflow's list of required actions, without a slot and without a trigger, as long as the setting
    ``approval_hours`` says; then the rows stay held. It is skipped where no approval is asked for, where nothing is
    held, and where the answer is to decide later. Where all is decided and not carried out yet, nobody is asked.
    """

    template_fields: Collection[str] = ("batch", "report")

    def __init__(self, *, batch: XComArg | str | None, report: XComArg | str | None, **kwargs: Any) -> None:
        super().__init__(subject="Held clips", options=[PUBLISH, REFUSE, LATER], defaults=LATER, **kwargs)
        self.params = ParamsDict({"comment": Param("", type="string", maxLength=2000, description="Why.")})
        self.batch: Any = batch
        self.report: Any = report
        self.body: str | None

    def execute(self, context: RunContext) -> None:  # type: ignore[override]
        from render import review

        settings, wanted = settings_of(context), context["params"].get("approval")
        if not (settings.require_approval if wanted is None else wanted):
            raise AirflowSkipException("No approval is asked for.")
        held = review.held(settings, self.batch)
        waiting = [one for one in held if one.review is None]
        if not held:
            raise AirflowSkipException("Nothing is held.")
        if not waiting:  # as after a try that was ended between the record and its own end
            self.log.info("Every held row is decided on already.")
            return
        link = notices.report_link(settings, self.batch)
        self.subject, self.body = _question(
            self.batch, f"[the report]({link})" if link else f"`{self.report}`", waiting
        )
        self.response_timeout = timedelta(hours=settings.approval_hours)
        context["ti"].xcom_push(key=_ASKED, value=[one.row for one in waiting])
        super().execute(context)

    def execute_complete(self, context: RunContext, event: dict[str, Any]) -> None:
        """Record what the person chose; fail, so that the question is put again, if meanwhile others are held."""
        from render import review

        answer = super().execute_complete(context, event)
        [choice] = answer["chosen_options"]
        if choice == LATER:
            raise AirflowSkipException(f"Nothing is decided: nightreel review {self.batch}")
        settings, ti = settings_of(context), context["ti"]
        waiting = [one for one in review.held(settings, self.batch) if one.review is None]
        asked = ti.xcom_pull(task_ids=self.task_id, key=_ASKED) or ()
        if not {one.row for one in waiting} <= set(asked):
            raise AirflowException("Other clips are held than when this was asked, so it is asked again.")
        approved = choice == PUBLISH
        decided = review.decide(
            settings,
            self.batch,
            approved=approved,
            rows=[one.row for one in waiting if one.uri or not approved],
            by=_name(answer["responded_by_user"]),
            comment=answer["params_input"].get("comment") or f"{choice}, in Airflow's run {ti.run_id}",
            now=now(),
        )
        for row, before in decided.before.items():
            self.log.warning("Row %d is not changed: %s.", row, before.said)
        if decided.review is None:
            self.log.warning("Others have decided on every row meanwhile.")
        else:
            self.log.info("%d rows: %s.", len(decided.review.rows), decided.review.said)


class ReviewOperator(BatchOperator):
    """Carries out what people decided on the batch's held rows: ends, catalog and report; gives the report's URI."""

    def execute(self, context: RunContext) -> str:
        from render import pipeline, review

        settings = settings_of(context)
        report = review.finish(settings, self.batch_id(), now=now())
        status = pipeline.status(settings, self.batch_id())
        self.tell(
            context, {"rows": status.rows, "waiting": status.waiting} | {end.value: status.ends[end] for end in End}
        )
        return report


def _question(batch: str, report: str, waiting: Sequence[Held]) -> tuple[str, str]:
    """Subject and text, in Markdown: words of manifests are none of it. ``report`` says where to watch the clips."""
    clips = "1 clip is" if len(waiting) == 1 else f"{len(waiting):,} clips are"
    checks = Counter(one.check.replace("_", " ") or "another reason" for one in waiting)
    counts = "\n".join(f"| {check} | {number:,} |" for check, number in checks.most_common())
    others = f"One by one, or later: `nightreel review {batch}`. What others decided before you stands."
    return (
        f"{clips} held in batch {batch}",
        f"Watch them: {report}\n\n| held by | clips |\n| --- | --- |\n{counts}\n\n{others}",
    )


def _name(user: Mapping[str, str] | None) -> str:
    return (user or {}).get("name") or (user or {}).get("id") or "somebody in Airflow"
