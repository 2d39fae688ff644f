"""What becomes of a person's answer when things have changed since she was asked, or when a task dies."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from airflow.sdk.execution_time.context import NEVER_EXPIRE
from in_process import InProcess, go, raising, write

from render import errors, review
from render.checks import policy
from render.farm import dispatch
from render.model import End, Review
from render.orchestration.approval import LATER, PUBLISH, REFUSE, ApprovalOperator, ReviewOperator, _question
from render.settings import Settings, load
from render.store import catalog, layout, receipts, reviews
from render.store.objects import open_store

NOW = datetime(2026, 11, 29, tzinfo=UTC)
LIMIT = "{check: black, figure: mean_luma, max: 0.5, outcome: hold, reason: It is too light., fix: Look at it.}"


class Kept(dict[str, Any]):
    """Airflow's store of a task's state: it outlives tries and clearing, and takes what JSON can hold.

    What may expire is gone when a person answers: the clean-up may be set to a day, and she has as long as it is set.
    """

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        if retention is NEVER_EXPIRE:
            self[key] = json.loads(json.dumps(value))

    def delete(self, key: str) -> None:
        self.pop(key, None)


class Run:
    """A run's tasks on a real store; what they hand on is looked at."""

    def __init__(self, settings: Settings, batch: str) -> None:
        self.settings, self.batch = settings, batch
        self.kept = Kept()
        self.params: dict[str, Any] = {"approval": True, "store": settings.store}
        self.ti = SimpleNamespace(run_id="r", xcom_push=raising(AssertionError("XCom is for URIs.")))

    @property
    def context(self) -> dict[str, Any]:
        return {"params": self.params, "ti": self.ti, "task_state_store": self.kept}

    def ask(self) -> ApprovalOperator:
        """A try of the task, as Airflow begins it; gives its operator."""
        operator = ApprovalOperator(task_id="approval", batch=self.batch, report="file:///r")
        operator.execute(self.context)
        return operator

    def answer(self, choice: str, **answer: Any) -> None:
        """What the task does when the person has chosen."""
        operator = ApprovalOperator(task_id="approval", batch=self.batch, report="file:///r")
        user = {"id": "7", "name": "ann"}
        given = {"chosen_options": [choice], "params_input": {}, "responded_at": NOW, "responded_by_user": user}
        operator.execute_complete(self.context, given | answer)

    def carry_out(self) -> None:
        ReviewOperator(task_id="review", batch=self.batch).execute(self.context)

    def decide(self, *rows: int, approved: bool = False, by: str = "ben") -> None:
        """Somebody's decision by the command, which dies before it is carried out."""
        review.decide(self.settings, self.batch, approved=approved, rows=rows, by=by, comment="x", now=NOW)

    def told(self) -> dict[int, tuple[bool, str] | None]:
        """By row that is held what was decided on it."""
        found = review.held(self.settings, self.batch)
        return {one.row: one.review and (one.review.approved, one.review.by) for one in found}

    def ends(self) -> list[str]:
        found = catalog.query(open_store(self.settings.store), 'select "end" from requests order by row')
        return found["end"].to_pylist()


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store, and its batch of three rows that are all held."""
    folder = tmp_path_factory.mktemp("rendered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy, "load", lambda _: policy.parse(f"title: A test.\nlimits: [{LIMIT}]", source="test"))
        patch.setattr(dispatch, "run", InProcess().run)
        settings = load(store=str(folder / "store"), scratch=folder / "scratch", workers=1)
        status = go(settings, write(folder / "m.parquet", "one", "two", "three"))
    assert status.ends == {End.HELD: 3}
    return folder / "store", status.batch


@pytest.fixture
def run(rendered: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of that batch, in a copy of its store."""
    strict = policy.parse(f"title: A test.\nlimits: [{LIMIT}]", source="test")
    monkeypatch.setattr(policy, "load", lambda _: strict)
    monkeypatch.setattr(HITLOperator, "execute", lambda *_: None)
    shutil.copytree(rendered[0], tmp_path / "store")
    return Run(load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch"), rendered[1])


def delete_clip(run: Run, row: int) -> None:
    [one] = [one for one in review.held(run.settings, run.batch) if one.row == row]
    shutil.rmtree(Path(run.settings.store) / layout.clip(one.fingerprint))


def logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> str:
    return caplog.text + capsys.readouterr().out  # Airflow's log is structlog's, unless somebody has set it up


@pytest.mark.parametrize(("choice", "approved"), [(PUBLISH, True), (REFUSE, False)])
@pytest.mark.parametrize(
    ("answer", "by", "comment"),
    [
        ({}, "ann", "{choice}, in Airflow's run r"),
        ({"params_input": {"comment": "Too dark"}}, "ann", "Too dark"),
        ({"responded_by_user": {"id": "7", "name": ""}}, "7", "{choice}, in Airflow's run r"),
        ({"params_input": {"comment": None}}, "ann", "{choice}, in Airflow's run r"),
        ({"params_input": {"comment": " \n\t\u200b\xa0"}}, "ann", "{choice}, in Airflow's run r"),
        (
            {"params_input": {"comment": "Too\n dark\xad \U0001f469\u200d\U0001f692"}},
            "ann",
            "Too dark \U0001f469\U0001f692",
        ),
        ({"params_input": {"comment": "\x1b[31mRed\ud800"}}, "ann", "[31mRed"),
        ({"responded_by_user": {"id": "7", "name": "\u200b"}}, "7", "{choice}, in Airflow's run r"),
        (
            {"responded_by_user": {"id": "7", "name": "a\xad\tn" + "n" * 300}},
            "a n" + "n" * 197,
            "{choice}, in Airflow's run r",
        ),
    ],
)
def test_an_answer_is_recorded_with_who_gave_it_and_why(
    run: Run, choice: str, approved: bool, answer: dict[str, Any], by: str, comment: str
) -> None:
    """Without a comment it says where; of a name and a comment it keeps what can be printed on a line."""
    run.ask()
    run.answer(choice, **answer)
    [made] = reviews.read(open_store(run.settings.store), run.batch)
    assert (made.approved, made.rows, made.by) == (approved, (0, 1, 2), by)
    assert made.comment == comment.format(choice=choice)


@pytest.mark.parametrize("user", [{"id": "7", "name": "ann"}, None], ids=["ann", "a time-out"])
def test_to_decide_later_decides_nothing(run: Run, user: Any) -> None:
    run.ask()
    with pytest.raises(AirflowSkipException, match=f"nightreel review {run.batch}"):
        run.answer(LATER, responded_by_user=user)
    assert run.told() == dict.fromkeys(range(3))


def test_a_decision_that_was_not_carried_out_is_carried_out_by_the_run_when_it_is_cleared(run: Run) -> None:
    """The task after it failed for good, or this one died once it had recorded: the answer is there, and counts."""
    run.ask()
    run.answer(PUBLISH)
    assert run.told() == dict.fromkeys(range(3), (True, "ann"))
    run.ask()
    run.carry_out()
    assert (run.told(), run.ends()) == ({}, ["published"] * 3)
    run.ask()  # whatever the task after it had come to
    run.carry_out()
    assert run.ends() == ["published"] * 3


@pytest.mark.parametrize("approval", [True, False], ids=["asked for", "not asked for"])
def test_what_somebody_decided_elsewhere_is_carried_out_too(run: Run, approval: bool) -> None:
    """That command died; the run is not skipped past it, whether all was decided or nobody is asked."""
    run.params["approval"] = approval
    with pytest.raises(AirflowSkipException):
        Run(run.settings, run.batch).answer(LATER)
    run.decide(*([0, 1, 2] if approval else [1]))
    run.ask()
    run.carry_out()
    assert run.ends() == (["rejected"] * 3 if approval else ["held", "rejected", "held"])


def test_who_decides_later_leaves_nothing_undone_that_others_decided(run: Run) -> None:
    run.ask()
    run.decide(1)
    run.answer(LATER)
    run.carry_out()
    assert run.ends() == ["held", "rejected", "held"]


def test_an_answer_that_could_not_be_recorded_is_recorded_by_the_next_try(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was away when it came, or the task died: nobody is asked a second time, in this run or when it is
    cleared."""
    run.ask()
    with monkeypatch.context() as patch:
        patch.setattr(review, "decide", raising(errors.StoreError("It is away.")))
        with pytest.raises(errors.StoreError):
            run.answer(REFUSE, params_input={"comment": "Too dark"})
        with pytest.raises(errors.StoreError):
            run.ask()
    monkeypatch.setattr(HITLOperator, "execute", raising(AssertionError("It is asked again.")))
    run.ask()
    assert run.told() == dict.fromkeys(range(3), (False, "ann"))
    run.carry_out()
    assert run.ends() == ["rejected"] * 3


def test_an_answer_that_cannot_be_recorded_is_asked_for_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip went at that moment: it fails the task, but not whoever answers the next question."""
    run.ask()
    with monkeypatch.context() as patch:
        patch.setattr(review, "decide", raising(errors.InputError("Its clip has been deleted.")))
        with pytest.raises(errors.InputError):
            run.answer(PUBLISH)
    run.ask()
    run.answer(PUBLISH)
    assert run.told() == dict.fromkeys(range(3), (True, "ann"))


@pytest.mark.parametrize("what", ["another row", "another clip", "another policy", "nothing kept"])
def test_nothing_is_decided_on_clips_that_the_person_was_not_asked_about(
    run: Run, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A shard that was rendered meanwhile may hold others, a new release may hold them for something else: the task
    fails, and its next try asks anew."""
    asked_by, read = monkeypatch.context(), receipts.read

    def changed(store: Any, batch_id: str) -> Any:
        found = read(store, batch_id)
        if what == "another row":
            return found.slice(0, 2)
        paths = [f"{path}x" for path in found["path"].to_pylist()] if what == "another clip" else found["path"]
        return found.set_column(found.column_names.index("path"), "path", [paths])

    with asked_by as patch:
        patch.setattr(receipts, "read", changed)
        if what == "another policy":
            lax = policy.parse(f"title: A test.\nlimits: [{LIMIT.replace('0.5', '0.1')}]", source="test")
            patch.setattr(policy, "load", lambda _: lax)
        run.ask()
    if what == "nothing kept":
        run.kept.clear()
    with pytest.raises(AirflowException, match="so it is asked again"):
        run.answer(PUBLISH)
    assert run.told() == dict.fromkeys(range(3))
    run.ask()
    run.answer(PUBLISH)
    assert run.told() == dict.fromkeys(range(3), (True, "ann"))


@pytest.mark.parametrize("at_once", [True, False])
def test_rows_that_others_have_decided_are_left_out(run: Run, at_once: bool) -> None:
    """Before the question or after it, carried out or not: it is the same question, and the answer is for the rest."""
    run.decide(2)
    run.ask()
    run.decide(1)
    if at_once:
        run.carry_out()
    run.answer(PUBLISH)
    run.carry_out()
    assert run.ends() == ["published", "rejected", "rejected"]


@pytest.mark.parametrize(("choice", "end"), [(PUBLISH, "held"), (REFUSE, "rejected")])
def test_a_clip_that_is_gone_is_refused_and_not_published(
    run: Run, choice: str, end: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stays held, which is told, and keeps no other from being published."""
    run.ask()
    delete_clip(run, 1)
    run.answer(choice)
    told = logged(caplog, capsys)
    run.carry_out()
    assert run.ends()[1] == end
    assert {run.ends()[0], run.ends()[2]} == {"published" if choice == PUBLISH else "rejected"}
    assert ("1 of the rows stay held, since their clips have been deleted: 1." in told) is (choice == PUBLISH)


def test_where_every_clip_is_gone_nobody_is_said_to_have_decided(
    run: Run, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    run.ask()
    for row in range(3):
        delete_clip(run, row)
    run.answer(PUBLISH)
    told = logged(caplog, capsys)
    assert "3 of the rows stay held, since their clips have been deleted: 0, 1, 2." in told
    assert "Others have decided" not in told
    assert run.told() == dict.fromkeys(range(3))


@pytest.mark.parametrize("choice", [PUBLISH, REFUSE, LATER])
def test_nothing_is_kept_of_a_question_that_is_answered(run: Run, choice: str) -> None:
    """Airflow clears none of it by itself: what never expires would lie in its database for good."""
    run.ask()
    assert run.kept
    with nullcontext() if choice != LATER else pytest.raises(AirflowSkipException):
        run.answer(choice)
    assert run.kept == {}


def test_nothing_is_kept_of_a_question_that_others_have_answered(run: Run) -> None:
    """The task died while it waited; there is nothing left to ask when it is tried again."""
    run.ask()
    run.decide(0, 1, 2)
    run.ask()
    assert run.kept == {}


def test_what_is_kept_of_a_question_does_not_grow_with_its_rows(run: Run) -> None:
    """Airflow's database holds no list of rows: there may be a hundred thousand."""
    run.ask()
    assert len(json.dumps(run.kept)) < 200


def test_who_answers_when_others_have_decided_everything_is_told_so(
    run: Run, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """What they decided stands, and the next task carries it out if they could not."""
    run.ask()
    run.decide(0, 1, 2, approved=True)
    run.answer(REFUSE)
    assert "Others have decided on every row meanwhile." in logged(caplog, capsys)
    assert run.told() == dict.fromkeys(range(3), (True, "ben"))


def test_who_decides_at_the_same_moment_is_told_who_was_first(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    run.ask()
    before = Review(approved=True, rows=(0,), by="ben", comment="x", at=NOW.isoformat(), policies={})
    monkeypatch.setattr(review, "decide", lambda *_, **__: review.Decided(review=None, before={0: before}))
    run.answer(PUBLISH)
    assert 'Row 0 is not changed: Approved by ben: "x".' in logged(caplog, capsys)


def test_where_nothing_is_held_nobody_is_asked(run: Run) -> None:
    run.decide(0, 1, 2)
    run.carry_out()
    shutil.rmtree(Path(run.settings.store) / layout.reviews(run.batch))
    with pytest.raises(AirflowSkipException, match="Nothing is held"):
        run.ask()


def test_the_question_holds_no_word_of_a_manifest() -> None:
    """Whoever writes a manifest writes nothing into the page on which others decide."""
    waiting = [
        review.Held(
            row=row, experiment="<b>e</b>", variant="v", prompt="p", policy="default", fingerprint="f", check=check,
            reason="r", fix="f", uri="u", review=None,
        )
        for row, check in enumerate(("black", "black", ""))
    ]  # fmt: skip
    subject, body = _question("night-0", "`file:///r`", waiting)
    assert subject == "3 clips are held in batch night-0"
    assert "| black | 2 |\n| another reason | 1 |" in body
    assert "<b>" not in body
    assert body.startswith("Watch them: `file:///r`\n")
