"""What a report shows, gathered from the store."""

import pytest

from render import errors
from render.experiments.counts import sentence
from render.experiments.gather import of_batch, of_experiment
from render.model import End


def test_a_clip_that_is_made_is_seen_before_its_row_has_an_end(make, store, tmp_path):
    """Receipts come a shard at a time: a report of a batch under way must not wait for them."""
    earlier, under_way = make.batch("earlier-00000001"), make.batch()
    make.keep(store, tmp_path, earlier, [(make.row(0), End.PUBLISHED)])
    make.keep(store, tmp_path, under_way, [(make.row(0), None), (make.row(1, prompt="Not yet"), None)])
    shown = of_batch(store, under_way.id)
    assert [(entry.end, entry.watchable, entry.delivered) for entry in shown.entries] == [
        (None, True, False),
        (None, False, False),
    ]
    assert sentence(shown.counts) == "2 rows: 2 not finished yet, 1 of them with a clip."


def test_gathering_a_batch_from_the_store(make, store, spring):
    shown = of_batch(store, spring.id)
    assert sentence(shown.counts) == (
        "9 rows: 3 published, 1 reused, 1 held, 1 failed, 1 not finished yet, 2 rejected — all of them malformed."
    )
    assert [entry.record is not None for entry in shown.entries] == [True] * 5 + [False] * 2


def test_gathering_an_experiment_takes_the_newest_batch(make, store, spring, tmp_path):
    later = make.batch("later-00000000002", created_at="2026-11-23T02:00:00+00:00")
    again = make.row(0, variant="realistic", prompt="A kickflip")
    make.keep(store, tmp_path / "scratch", later, [(again, End.PUBLISHED), (make.row(1, experiment="other"), None)])
    shown = of_experiment(store, "spring")
    assert shown.subject == "experiment"
    [mended] = [entry for entry in shown.entries if entry.row.prompt == "A kickflip"]
    assert (mended.batch, mended.end) == (later.id, End.PUBLISHED)
    assert shown.counts.rows == 7


def test_an_unknown_experiment_names_the_known_ones(store, spring):
    with pytest.raises(errors.NotFound, match=r"'sprung'.* Is 'spring' meant\? Known: spring"):
        of_experiment(store, "sprung")


def test_a_batch_that_is_not_there_is_an_error(store):
    with pytest.raises(errors.NotFound):
        of_batch(store, "none-000000000000")


@pytest.fixture(params=[True, False], ids=["told by receipts", "by receipts of version 1.0"])
def long_batch(request, make, store, tmp_path):
    """Nine rows of two experiments: some share a clip, some are without an end, one of these has a clip already."""
    earlier, batch = make.batch("earlier-00000001"), make.batch()
    reused, waiting = make.row(0, prompt="reused"), make.row(1, prompt="made already")
    make.keep(store, tmp_path, earlier, [(reused, End.PUBLISHED), (waiting, End.PUBLISHED)], cost_usd=8.0)
    rows = [
        (make.row(0, prompt="ball 0"), End.REUSED),  # it may not cost so much: a later row pays for its clip
        (make.row(1, prompt="ball 1"), End.REJECTED),
        (make.row(2, prompt="ball 2"), None),
        (make.row(3, prompt="ball 3"), End.HELD),
        (make.row(4, variant="b", prompt="ball 0"), End.PUBLISHED),
        (make.row(5, variant="c", prompt="ball 5", seed=1), End.PUBLISHED),
        (make.row(6, experiment="autumn", prompt="reused"), End.REUSED),
        (make.row(7, experiment="autumn", prompt="made already"), None),
        (make.row(8, experiment="autumn", prompt="ball 8"), End.FAILED),
    ]
    faults = [make.fault(9), make.fault(9, "style", "x"), make.fault(10)]
    make.keep(store, tmp_path, batch, rows, faults, cost_usd=0.5, told=request.param)
    return batch


def test_of_a_long_batch_the_first_rows_are_shown_and_all_are_counted(store, long_batch, monkeypatch):
    """Only the list is cut: every count and sum is that of the whole batch."""
    whole = of_batch(store, long_batch.id)
    monkeypatch.setattr("render.experiments.gather.MOST_ROWS", 3)
    shown = of_batch(store, long_batch.id)
    assert shown.counts == whole.counts
    assert shown.totals() == whole.totals()
    assert (whole.totals().clips, whole.totals().cost_usd) == (5, 1.5)
    assert [entry.row.row for entry in shown.entries] == [0, 1, 2]
    assert [problem.row for problem in shown.problems] == [1]
    assert (whole.left_out, shown.left_out.rows) == (None, 8)
    assert len(shown.problems) + shown.left_out.problems == len(whole.problems)
    assert [(one.name, one.rows, one.variants) for one in shown.experiments] == [("spring", 6, 3)]
    assert [(one.name, one.rows, one.variants) for one in whole.experiments] == [("spring", 6, 3), ("autumn", 3, 1)]
    assert shown.left_out.experiments == 1


def test_clips_of_so_many_rows_without_an_end_are_looked_for_by_their_folders(store, long_batch, monkeypatch):
    """What is asked for one by one where there are few is listed where there are many, with the same result."""
    whole = of_batch(store, long_batch.id)
    monkeypatch.setattr("render.experiments.gather.MOST_ROWS", 3)
    monkeypatch.setattr("render.experiments.gather.FEW", 0)
    assert of_batch(store, long_batch.id).totals() == whole.totals()


def test_of_a_batch_that_is_wrong_in_very_many_rows_the_first_are_shown(make, store, tmp_path, monkeypatch):
    """A manifest that is wrong in all rows but one makes no page of a million problems."""
    batch = make.batch()
    faults = [make.fault(row, column) for row in range(20) for column in ("seconds", "style")]
    make.keep(store, tmp_path, batch, [(make.row(20), End.PUBLISHED)], faults)
    whole = of_batch(store, batch.id)
    monkeypatch.setattr("render.experiments.gather.MOST_ROWS", 3)
    shown = of_batch(store, batch.id)
    assert shown.counts == whole.counts
    assert shown.totals() == whole.totals()
    assert sentence(shown.counts) == "21 rows: 1 published, 20 rejected — all of them malformed."
    assert [problem.row for problem in shown.problems] == [0, 0, 1, 1, 2, 2]
    assert (shown.left_out.rows, shown.left_out.problems) == (18, 34)
