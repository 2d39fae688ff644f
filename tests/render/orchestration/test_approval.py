"""What becomes of a person's answer when things have changed since she was asked."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from render import review
from render.model import Review
from render.orchestration.approval import LATER, PUBLISH, REFUSE, ApprovalOperator, _question

NOW = datetime(2026, 11, 29, tzinfo=UTC)
BEFORE = Review(approved=True, rows=(0,), by="ben", comment="x", at=NOW.isoformat(), policies={})


def held(*checks: str, decided: Review | None = None) -> list[review.Held]:
    return [
        review.Held(
            row=row, experiment="<b>e</b>", variant="v", prompt="p", policy="default", fingerprint="f", check=check,
            reason="r", fix="f", uri="u", review=decided,
        )
        for row, check in enumerate(checks)
    ]  # fmt: skip


def answered(choice: str, *, asked: int, **answer: Any) -> None:
    """What the task does when the person, who was asked about so many rows, has chosen."""
    operator = ApprovalOperator(task_id="approval", batch="b", report="file:///r")
    ti = SimpleNamespace(run_id="r", xcom_pull=lambda **_: asked)
    user = {"id": "7", "name": "ann"}
    event = {"chosen_options": [choice], "params_input": {}, "responded_at": NOW, "responded_by_user": user} | answer
    operator.execute_complete({"params": {}, "ti": ti}, event)


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is decided on two held rows."""
    made: list[dict[str, Any]] = []

    def decide(*_: Any, **decision: Any) -> review.Decided:
        made.append(decision)
        return review.Decided(review=BEFORE, before={})

    monkeypatch.setattr(review, "held", lambda *_: held("black", "frozen"))
    monkeypatch.setattr(review, "decide", decide)
    return made


@pytest.mark.parametrize(("choice", "approved"), [(PUBLISH, True), (REFUSE, False)])
@pytest.mark.parametrize(
    ("answer", "by", "comment"),
    [
        ({}, "ann", "{choice}, in Airflow's run r"),
        ({"params_input": {"comment": "Too dark"}}, "ann", "Too dark"),
        ({"responded_by_user": {"id": "7", "name": ""}}, "7", "{choice}, in Airflow's run r"),
    ],
)
def test_an_answer_is_recorded_with_who_gave_it_and_why(
    decisions: list[dict[str, Any]], choice: str, approved: bool, answer: dict[str, Any], by: str, comment: str
) -> None:
    """On all rows that are held; without a comment it says where the answer was given."""
    answered(choice, asked=2, **answer)
    [made] = decisions
    assert (made["approved"], made["rows"], made["by"]) == (approved, None, by)
    assert made["comment"] == comment.format(choice=choice)


def test_to_decide_later_decides_nothing(decisions: list[dict[str, Any]]) -> None:
    """Also by a time-out, whose user is nobody."""
    with pytest.raises(AirflowSkipException, match="nightreel review b"):
        answered(LATER, asked=2, responded_by_user=None)
    assert decisions == []


def test_nothing_is_decided_on_clips_that_the_person_was_not_asked_about(decisions: list[dict[str, Any]]) -> None:
    """A shard that was rendered meanwhile may hold more: the task fails, and its next try asks anew."""
    with pytest.raises(AirflowException, match="so it is asked again"):
        answered(PUBLISH, asked=1)
    assert decisions == []


def test_who_answers_when_others_have_decided_everything_is_told_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """What they decided stands, and the next task carries it out if they could not."""
    monkeypatch.setattr(review, "held", lambda *_: [])
    monkeypatch.setattr(review, "decide", lambda *_, **__: review.Decided(review=None, before={0: BEFORE}))
    answered(PUBLISH, asked=1)
    told = caplog.text + capsys.readouterr().out  # Airflow's log is structlog's, unless somebody has set it up
    assert 'Row 0 is not changed: Approved by ben: "x".' in told
    assert "Others have decided on every row meanwhile." in told


def test_a_row_that_is_decided_and_not_carried_out_is_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for that command, not for a person."""
    monkeypatch.setattr(review, "held", lambda *_: held("black", decided=BEFORE))
    with pytest.raises(AirflowSkipException, match="Nothing is held"):
        ApprovalOperator(task_id="approval", batch="b", report=None).execute({"params": {"approval": True}})


def test_the_question_holds_no_word_of_a_manifest() -> None:
    """Whoever writes a manifest writes nothing into the page on which others decide."""
    subject, body = _question("night-0", "`file:///r`", held("black", "black", ""))
    assert subject == "3 clips are held in batch night-0"
    assert "| black | 2 |\n| another reason | 1 |" in body
    assert "<b>" not in body
    assert body.startswith("Watch them: `file:///r`\n")
