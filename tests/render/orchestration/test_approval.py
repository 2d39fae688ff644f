"""What becomes of a person's answer when things have changed since she was asked."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from render import review
from render.model import Review
from render.orchestration.approval import LATER, PUBLISH, REFUSE, ApprovalOperator, _question

NOW = datetime(2026, 11, 29, tzinfo=UTC)
BEFORE = Review(approved=True, rows=(0,), by="ben", comment="x", at=NOW.isoformat(), policies={})


def held(*checks: str, first: int = 0, decided: Review | None = None, uri: str = "u") -> list[review.Held]:
    return [
        review.Held(
            row=row, experiment="<b>e</b>", variant="v", prompt="p", policy="default", fingerprint="f", check=check,
            reason="r", fix="f", uri=uri, review=decided,
        )
        for row, check in enumerate(checks, first)
    ]  # fmt: skip


def answered(choice: str, *, asked: list[int] | None, **answer: Any) -> None:
    """What the task does when the person, who was asked about these rows, has chosen."""
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
    """On the rows that it was about, and none that come to be held just then; without a comment it says where."""
    answered(choice, asked=[0, 1], **answer)
    [made] = decisions
    assert (made["approved"], made["rows"], made["by"]) == (approved, [0, 1], by)
    assert made["comment"] == comment.format(choice=choice)


def test_to_decide_later_decides_nothing(decisions: list[dict[str, Any]]) -> None:
    """Also by a time-out, whose user is nobody."""
    with pytest.raises(AirflowSkipException, match="nightreel review b"):
        answered(LATER, asked=[0, 1], responded_by_user=None)
    assert decisions == []


def test_nothing_is_decided_on_clips_that_the_person_was_not_asked_about(decisions: list[dict[str, Any]]) -> None:
    """A shard that was rendered meanwhile may hold others: the task fails, and its next try asks anew.

    Also if fewer are held than she was asked about, since others have decided on some.
    """
    for asked in ([0], [0, 2, 3], [], None):
        with pytest.raises(AirflowException, match="so it is asked again"):
            answered(PUBLISH, asked=asked)
    assert decisions == []


def test_rows_that_others_have_decided_are_left_out(
    decisions: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "held", lambda *_: held("black", decided=BEFORE) + held("frozen", first=1))
    answered(PUBLISH, asked=[0, 1, 2])
    assert [made["rows"] for made in decisions] == [[1]]


@pytest.mark.parametrize(("choice", "rows"), [(PUBLISH, [1]), (REFUSE, [0, 1])])
def test_a_clip_that_is_gone_is_refused_and_not_published(
    decisions: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, choice: str, rows: list[int]
) -> None:
    """It stays held, and keeps no other from being published."""
    monkeypatch.setattr(review, "held", lambda *_: held("", uri="") + held("frozen", first=1))
    answered(choice, asked=[0, 1])
    assert [made["rows"] for made in decisions] == [rows]


def test_what_a_person_is_asked_about_is_kept_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "held", lambda *_: held("black", decided=BEFORE) + held("frozen", "black", first=1))
    monkeypatch.setattr(HITLOperator, "execute", lambda *_: None)
    pushed: dict[str, Any] = {}
    ti = SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))
    ApprovalOperator(task_id="approval", batch="b", report=None).execute({"params": {"approval": True}, "ti": ti})
    assert pushed == {"asked": [1, 2]}


def test_who_answers_when_others_have_decided_everything_is_told_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """What they decided stands, and the next task carries it out if they could not."""
    monkeypatch.setattr(review, "held", lambda *_: [])
    monkeypatch.setattr(review, "decide", lambda *_, **__: review.Decided(review=None, before={0: BEFORE}))
    answered(PUBLISH, asked=[0])
    told = caplog.text + capsys.readouterr().out  # Airflow's log is structlog's, unless somebody has set it up
    assert 'Row 0 is not changed: Approved by ben: "x".' in told
    assert "Others have decided on every row meanwhile." in told


def test_nobody_is_asked_about_what_is_decided_and_the_next_task_carries_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So a try leaves it that was ended just after it had recorded the answer. A skip would skip that task, too."""
    monkeypatch.setattr(review, "held", lambda *_: held("black", decided=BEFORE))
    monkeypatch.setattr(HITLOperator, "execute", lambda *_: pytest.fail("somebody is asked"))
    ApprovalOperator(task_id="approval", batch="b", report=None).execute({"params": {"approval": True}})


def test_nobody_is_asked_where_nothing_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "held", lambda *_: [])
    with pytest.raises(AirflowSkipException, match="Nothing is held"):
        ApprovalOperator(task_id="approval", batch="b", report=None).execute({"params": {"approval": True}})


def test_the_question_holds_no_word_of_a_manifest() -> None:
    """Whoever writes a manifest writes nothing into the page on which others decide."""
    subject, body = _question("night-0", "`file:///r`", held("black", "black", ""))
    assert subject == "3 clips are held in batch night-0"
    assert "| black | 2 |\n| another reason | 1 |" in body
    assert "<b>" not in body
    assert body.startswith("Watch them: `file:///r`\n")
