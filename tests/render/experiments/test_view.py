from dataclasses import replace

import pytest

from render.experiments.counts import sentence
from render.experiments.view import newest, view
from render.model import Decision, End, Figure, ReasonKind


def test_every_row_is_counted_once_whatever_it_has(make):
    batch = make.batch()
    refused = replace(make.fault(2, "prompt", "beaten"), kind=ReasonKind.POLICY)
    planned = [
        make.planned(make.row(3, prompt="late")),
        make.planned(make.row(0)),
        make.planned(make.row(1, prompt="Q")),
        make.planned(make.row(2, prompt="beaten"), Decision.REFUSE, refused),
    ]
    ends = [make.receipt(batch, 0), make.receipt(batch, 1, End.FAILED, reason="It died.", fix="Again.")]
    faults = [refused, make.fault(4), make.fault(4, "style", "x")]
    shown = view(batch, planned, faults, ends, {make.job(make.row(0)).fingerprint: make.record(make.row(0))})

    assert sentence(shown.counts) == (
        "5 rows: 1 published, 1 failed, 1 not finished yet, 2 rejected — 1 of them malformed, 1 refused by policy."
    )
    assert [entry.row.row for entry in shown.entries] == [0, 1, 2, 3]
    assert [(one.row, one.column, one.end) for one in shown.problems] == [
        (1, "", End.FAILED),
        (2, "prompt", End.REJECTED),
        (4, "seconds", End.REJECTED),
        (4, "style", End.REJECTED),
    ]
    assert shown.problems[0].reason == "It died."
    assert [entry.delivered for entry in shown.entries] == [True, False, False, False]


def test_a_refused_row_says_whose_it_is_and_why_in_words(make):
    fault = replace(make.fault(0, "prompt", "gore"), kind=ReasonKind.POLICY, experiment="", variant="")
    batch, row = make.batch(), make.row()
    receipt = make.receipt(batch, 0, End.REJECTED, reason=f"prompt: {fault.reason}", reason_kind=ReasonKind.POLICY)
    shown = view(batch, [make.planned(row, Decision.REFUSE, fault)], [fault], [receipt], {})
    [problem] = shown.problems
    assert (problem.experiment, problem.variant) == (row.experiment, row.variant)
    assert shown.entries[0].reason == fault.reason


def test_a_published_row_without_a_record_is_not_delivered(make):
    batch = make.batch()
    [entry] = view(batch, [make.planned(make.row())], [], [make.receipt(batch, 0)], {}).entries
    assert not entry.delivered
    assert not entry.watchable


def test_a_made_clip_that_a_check_is_going_to_reject_is_not_played(make):
    row = make.row()
    black = Figure(check="black", name="black_share", value=1.0, unit="1")
    records = {make.job(row).fingerprint: make.record(row, figures=(black,))}
    [entry] = view(make.batch(), [make.planned(row)], [], [], records).entries
    assert (entry.end, entry.watchable) == (None, False)


def test_a_made_clip_whose_policy_is_gone_is_not_played_before_it_is_judged(make):
    row = replace(make.row(), policy="of-an-older-release")
    records = {make.job(row).fingerprint: make.record(row)}
    [entry] = view(make.batch(), [make.planned(row)], [], [], records).entries
    assert (entry.end, entry.watchable) == (None, False)


@pytest.mark.parametrize("end", End)
def test_only_what_may_be_seen_is_watchable(make, end):
    batch, row = make.batch(), make.row()
    records = {make.job(row).fingerprint: make.record(row)}
    [entry] = view(batch, [make.planned(row)], [], [make.receipt(batch, 0, end)], records).entries
    assert entry.watchable == (end in {End.PUBLISHED, End.REUSED, End.HELD})
    assert entry.delivered == (end in {End.PUBLISHED, End.REUSED})


def test_the_newest_request_of_a_row_counts(make):
    old, new = make.batch("old-000000000001"), make.batch("new-000000000002")
    other = make.row(9, experiment="other", prompt="elsewhere")
    first = view(
        old,
        [make.planned(make.row(0)), make.planned(make.row(1, prompt="only in the old")), make.planned(other)],
        [make.fault(5)],
        [make.receipt(old, 0, End.FAILED, reason="It died."), make.receipt(old, 1)],
        {},
    )
    second = view(new, [make.planned(make.row(7)), make.planned(make.row(8))], [], [make.receipt(new, 7)], {})

    shown = newest("spring", [second, first])

    assert [(entry.batch, entry.row.row) for entry in shown.entries] == [(new.id, 7), (new.id, 8), (old.id, 1)]
    assert [batch.id for batch in shown.batches] == [new.id, old.id]
    assert shown.problems == ()
    assert shown.counts.rows == 3


def test_a_row_that_was_mended_counts_by_its_newest_end(make):
    """Mended by other words or another seed it is another request, and its first end is no news any more."""

    def of(name, prompts, ends, **more):
        batch = make.batch(name, **more)
        rows = [make.row(row, prompt=prompt) for row, prompt in enumerate(prompts)]
        told = [make.receipt(batch, row, end) for row, end in enumerate(ends)]
        return view(batch, [make.planned(row) for row in rows], [], told, {})

    first = "old-000000000001", ["beaten", "sunset", "waves"], [End.REJECTED, End.PUBLISHED, End.REJECTED]
    later = "new-000000000002", ["a match", "sunrise"], [End.PUBLISHED, End.PUBLISHED]

    kept = newest("spring", [of(*later), of(*first)])
    assert [entry.row.prompt for entry in kept.entries] == ["a match", "sunrise", "sunset", "waves"]
    assert [problem.row for problem in kept.problems] == [2], "nothing stands in its place"
    elsewhere = newest("spring", [of(*later, draft="file:///other.yaml"), of(*first)])
    assert len(elsewhere.entries) == 5
    arrived = newest("spring", [of(*later, inbox=True), of(*first, inbox=True)])
    assert len(arrived.entries) == 5, "each night's manifests are others"
