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
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from render import errors
from render.model import End
from render.orchestration import notices
from render.orchestration.operators import BatchOperator
from render.orchestration.run import RunContext, now, settings_of
from render.settings import Settings

if TYPE_CHECKING:
    from render.review import Held

PUBLISH = "Publish all held"
REFUSE = "Refuse all held"
LATER = "Decide later with nightreel review"
_ASKED = "asked"
"""State of the task: how many decisions were known when the person was asked, and the digest of what about."""
_ANSWER = "answer"
"""State of the task: what the person answered, until it is recorded."""
_SHOWN = 20


class ApprovalOperator(HITLOperator):
    """Asks a person what is to become of the run's held clips, and records the answer.

    It waits in Airflow's list of required actions, without a slot and without a trigger, as long as the setting
    ``approval_hours`` says; then the rows stay held. Where no approval is asked for, where nothing is held, and where
    the answer is to decide later, it is skipped; but it succeeds if somebody has decided on rows of the batch, be it
    elsewhere or in a try before, so that the next task carries that out. An answer is kept until it is recorded:
    whatever dies, the next try records it.
    """

    template_fields: Collection[str] = ("batch", "report")

    def __init__(self, *, batch: XComArg | str | None, report: XComArg | str | None, **kwargs: Any) -> None:
        super().__init__(subject="Held clips", options=[PUBLISH, REFUSE, LATER], defaults=LATER, **kwargs)
        comment = Param("", type=["null", "string"], maxLength=2000, description="Why.")
        self.params = ParamsDict({"comment": comment})
        self.batch: Any = batch
        self.report: Any = report
        self.body: str | None

    def execute(self, context: RunContext) -> Any:
        from render import review

        settings, wanted, state = settings_of(context), context["params"].get("approval"), context["task_state_store"]
        if answer := state.get(_ANSWER):
            return self._record(context, answer)
        if not (settings.require_approval if wanted is None else wanted):
            return self._go_on(context, "No approval is asked for.")
        known = review.decisions(settings, self.batch)
        asked = [known, review.digest(settings, self.batch, decisions=known)]  # before the list: that holds no less
        waiting = _waiting(settings, self.batch)
        if not waiting:
            return self._go_on(context, "Nothing is held.")
        link = notices.report_link(settings, self.batch)
        self.subject, self.body = _question(
            self.batch, f"[the report]({link})" if link else f"`{self.report}`", waiting
        )
        self.response_timeout = timedelta(hours=settings.approval_hours)
        state.set(_ASKED, asked, retention=NEVER_EXPIRE)
        return super().execute(context)

    def execute_complete(self, context: RunContext, event: dict[str, Any]) -> None:
        """Record what the person chose; fail, so that the question is put again, if meanwhile others are held."""
        from render import review

        answer = super().execute_complete(context, event)
        [choice] = answer["chosen_options"]
        if choice == LATER:
            return self._go_on(context, f"Nothing is decided: nightreel review {self.batch}")
        kept = {
            "approved": choice == PUBLISH,
            "by": _name(answer["responded_by_user"])[: review.LONGEST_NAME],
            "comment": _plain(answer["params_input"].get("comment"))
            or f"{choice}, in Airflow's run {context['ti'].run_id}",
        }
        context["task_state_store"].set(_ANSWER, kept, retention=NEVER_EXPIRE)
        return self._record(context, kept)

    def _go_on(self, context: RunContext, why: str) -> None:
        """Skip what follows, unless somebody has decided something that may have to be carried out."""
        from render import review

        _forget(context)
        if not review.decisions(settings_of(context), self.batch):
            raise AirflowSkipException(why)
        self.log.info("%s What was decided on this batch is carried out.", why)

    def _record(self, context: RunContext, answer: Mapping[str, Any]) -> None:
        from render import review

        settings, state = settings_of(context), context["task_state_store"]
        waiting = _waiting(settings, self.batch)
        decisions, digest = state.get(_ASKED) or (0, "")
        if waiting and review.digest(settings, self.batch, decisions=decisions) != digest:
            _forget(context)
            raise AirflowException("Other clips are held than when this was asked, so it is asked again.")
        gone = [one.row for one in waiting if answer["approved"] and not one.uri]
        rows = [one.row for one in waiting if one.row not in gone]
        try:
            decided = review.decide(settings, self.batch, rows=rows, now=now(), **answer)
        except errors.InputError:  # nor could another try record it
            _forget(context)
            raise
        _forget(context)
        for row, before in decided.before.items():
            self.log.warning("Row %d is not changed: %s.", row, before.said)
        if gone:
            shown = ", ".join(map(str, gone[:_SHOWN])) + (" …" if len(gone) > _SHOWN else "")
            self.log.warning("%d of the rows stay held, since their clips have been deleted: %s.", len(gone), shown)
        if decided.review:
            self.log.info("%d rows: %s.", len(decided.review.rows), decided.review.said)
        elif not gone:
            self.log.warning("Others have decided on every row meanwhile.")


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


def _forget(context: RunContext) -> None:
    """Keep nothing of the question: it is answered, or there is nothing to ask. Its answer counts only beside it."""
    for name in (_ANSWER, _ASKED):
        context["task_state_store"].delete(name)


def _waiting(settings: Settings, batch: str) -> list[Held]:
    """The held rows on which nobody has decided."""
    from render import review

    return [one for one in review.held(settings, batch) if one.review is None]


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
    return _plain((user or {}).get("name")) or _plain((user or {}).get("id")) or "somebody in Airflow"


def _plain(text: str | None) -> str:
    """What of a text can be printed, on one line: an answer is recorded, whatever was typed or pasted into it."""
    return " ".join("".join(letter for letter in text or "" if letter.isprintable() or letter.isspace()).split())
