"""How rows end: every receipt follows from what was planned, made and allowed."""

from dataclasses import replace

import as_tables
import pyarrow as pa
import pytest

from render.checks import policy
from render.model import (
    ClipRecord,
    Decision,
    End,
    Estimate,
    Fault,
    Job,
    Outcome,
    PlannedRow,
    ReasonKind,
    Row,
    StoredObject,
    Verdict,
)
from render.planning import ends
from render.store import tables

STAMP = ends.Stamp(batch="now", shard=0, attempt="a1", finished_at="2026-11-22T00:00:00+00:00")
ROW = Row(row=0, experiment="e", variant="a", prompt="A ball falls")
JOB = Job(
    fingerprint="f" * 64,
    prompt=ROW.prompt,
    negative_prompt="",
    style=ROW.style,
    duration_ms=ROW.duration_ms,
    width=ROW.width,
    height=ROW.height,
    fps=ROW.fps,
    seed=0,
    engine="world",
    engine_revision="1",
)


def planned(row: int, decision: Decision) -> PlannedRow:
    return PlannedRow(
        row=replace(ROW, row=row),
        decision=decision,
        why="same as row 0" if decision is Decision.DUPLICATE else "never rendered",
        fingerprint=JOB.fingerprint,
        engine_revision=JOB.engine_revision,
        shard=0,
        estimate=Estimate(cost_usd=0.0, cpu_seconds=1.0),
    )


def record(batch: str) -> ClipRecord:
    return ClipRecord(
        version=1,
        job=JOB,
        attempt=f"{batch}-1",
        batch=batch,
        objects={"clip": StoredObject(path="clips/c.mp4", sha256="0" * 64, bytes=1, media_type="video/mp4")},
        engine_simulated=True,
        figures=(),
        understanding=None,
        events=(),
        captions=(),
        render_seconds=1.0,
        cpu_seconds=1.0,
        cost_usd=2.0,
        worker="w",
        created_at=STAMP.finished_at,
    )


@pytest.fixture
def verdict(monkeypatch):
    """Let the policy say what a test wants."""

    def say(outcome: Outcome) -> None:
        said = Verdict(outcome=outcome, check="black", reason="It is black.", fix="Mend it.")
        monkeypatch.setattr(policy, "judge", lambda rules, figures: said)

    return say


def test_the_rendered_row_is_published_and_its_duplicate_reused(verdict):
    verdict(Outcome.PASS)
    rows = [planned(0, Decision.RENDER), planned(1, Decision.DUPLICATE)]
    first, second = ends.served(rows, record("now"), STAMP)
    assert (first.end, first.reason, first.reason_kind) == (End.PUBLISHED, "", None)
    assert (second.end, second.reason) == (End.REUSED, "same as row 0")
    assert (first.path, first.cost_usd) == (second.path, 2.0) == ("clips/c.mp4", 2.0)
    assert second.cost_usd == 0.0


def test_a_clip_that_another_batch_made_meanwhile_is_reused(verdict):
    verdict(Outcome.PASS)
    (receipt,) = ends.served([planned(0, Decision.RENDER)], record("other"), STAMP)
    assert (receipt.end, receipt.reason) == (End.REUSED, "rendered meanwhile by batch other")


@pytest.mark.parametrize(("outcome", "end"), [(Outcome.HOLD, End.HELD), (Outcome.REJECT, End.REJECTED)])
@pytest.mark.parametrize("decision", [Decision.RENDER, Decision.DUPLICATE, Decision.REUSE])
def test_a_verdict_holds_or_rejects_every_row_alike(verdict, outcome, end, decision):
    verdict(outcome)
    (receipt,) = ends.served([planned(0, decision)], record("now"), STAMP)
    assert (receipt.end, receipt.reason, receipt.reason_kind) == (end, "It is black.", ReasonKind.CHECK)
    assert receipt.fix == "Mend it."


def test_a_given_up_job_fails_all_its_rows():
    rows = [planned(0, Decision.RENDER), planned(1, Decision.DUPLICATE)]
    receipts = ends.failed(rows, reason="Out of memory.", kind=ReasonKind.INFRASTRUCTURE, fix="More.", stamp=STAMP)
    assert [(receipt.row, receipt.end) for receipt in receipts] == [(0, End.FAILED), (1, End.FAILED)]
    assert {receipt.fingerprint for receipt in receipts} == {JOB.fingerprint}


def test_several_faults_of_a_row_make_one_receipt_that_names_them_all():
    faults = [
        Fault(row=3, column="seconds", value="-3", reason="Too short.", fix="Use 0.5 to 60."),
        Fault(row=3, column="style", value="noir", reason="Unknown.", fix="Use anime."),
        Fault(row=5, column="prompt", value="x", reason="Refused.", fix="Reword.", kind=ReasonKind.POLICY),
    ]
    told = ends.rejected(as_tables.of_faults(faults).to_batches(max_chunksize=1), STAMP)
    third, fifth = tables.receipts(pa.concat_tables(told))
    assert (third.row, third.end, third.reason_kind) == (3, End.REJECTED, ReasonKind.INVALID)
    assert third.reason == "seconds: Too short. style: Unknown."
    assert third.fix == "Use 0.5 to 60. Use anime."
    assert (fifth.row, fifth.reason_kind) == (5, ReasonKind.POLICY)
