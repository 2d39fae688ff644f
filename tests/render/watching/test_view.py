"""What whoever watches a batch sees of it at one moment."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from in_process import NOW, InProcess, go, write

from render import errors, pipeline
from render.farm.survey import Place, Survey, Task, Trouble
from render.farm.waiting import Why
from render.model import End
from render.settings import Settings
from render.status import Status, status_of
from render.store import batches
from render.store.objects import open_store
from render.watching.view import View, view

pytestmark = pytest.mark.slow

START = NOW.timestamp()
PROMPTS = ("a", "b", "c", "d", "e", "e", "")
"""Five clips in shards of three and two, the duplicate of one, and a row that is malformed."""


def no_needs(_engine: str) -> Mapping[str, float]:
    return {}


def seen(status: Status, survey: Survey | None = None, *, after: float = 60.0) -> View:
    return view(status, survey, start=START, now=START + after, needs=no_needs, unknown="nobody was asked")


@pytest.fixture
def stopped(settings: Settings, farm: InProcess, tmp_path: Path) -> Status:
    """A batch whose run stopped after four clips: the first shard is done, one clip of the second is made."""
    farm.stop_after = 4
    with pytest.raises(errors.BatchStopped):
        go(settings, write(tmp_path / "m.parquet", *PROMPTS))
    store = open_store(settings.store)
    return status_of(store, batches.list_ids(store)[0])


def fingerprint(status: Status, row: int) -> str:
    return next(clip.fingerprint for clip in status.clips if clip.row == row)


def test_clips_count_when_they_are_made_and_rows_when_they_end(stopped: Status) -> None:
    found = seen(stopped)
    assert (found.rows, found.waiting, found.clips, found.done) == (7, 3, 5, 4)
    assert [(one.shard, one.done, one.clips) for one in found.shards] == [(0, 3, 3), (1, 1, 2)]
    assert {one.why: one.rows for one in found.reasons} == {Why.UNKNOWN: 1, Why.MADE: 1, Why.DUPLICATE: 1}
    assert found.reasons[0].text == "not known: nobody was asked"
    assert found.cpu_seconds > 0
    assert len(found.slowest) == 3
    assert not found.over
    assert not found.failures
    assert not found.scheduler


def test_a_waiting_rows_clip_has_its_instant_from_its_record(stopped: Status) -> None:
    """Receipts say when a row ended; before there is one, the clip's record does."""
    by_row = {clip.row: clip for clip in stopped.clips}
    assert by_row[0].ended_at == NOW.isoformat()
    assert by_row[3].ended_at > NOW.isoformat(), "by the worker's clock, which is not that of the test"
    assert by_row[4].ended_at == ""
    assert (by_row[5].decision, by_row[5].engine, by_row[5].name) == ("duplicate", "testcard", "row 5 e/5")


def test_what_the_scheduler_knows_of_failures_counts_before_the_shard_is_done(stopped: Status) -> None:
    last = fingerprint(stopped, 4)
    failed = Trouble(fingerprint=last, reason="The lamp broke after 17 s.", over=True, at=START + 50, tries=3)
    survey = Survey(address="tcp://x:1", workers={"w": {}}, troubles=(failed,), controllers=(frozenset({0, 1}),))
    found = seen(stopped, survey)
    assert (found.done, found.clips, found.pace.seconds_left) == (5, 5, 0)
    assert [(one.variant, one.engine, one.rows, one.reason) for one in found.failures] == [
        ("4", "testcard", 1, "The lamp broke after 17 s.")
    ]
    assert [(one.name, one.amount) for one in found.failed_last] == [("row 4 e/4", START + 50)]
    assert [(one.name, one.amount) for one in found.most_tried] == [("row 4 e/4", 3)]
    assert Why.FAILED in {one.why for one in found.reasons}
    at_work = Task(fingerprints=(last,), place=Place.AT_WORK, worker="w", needs={})
    again = seen(stopped, replace(survey, tasks=(at_work,)))
    assert (again.done, again.failures) == (4, []), "it is being tried again"


def test_failures_that_differ_in_numbers_only_are_one(settings: Settings, farm: InProcess, tmp_path: Path) -> None:
    farm.failing = {"b", "d", "e"}
    status = go(settings, write(tmp_path / "m.parquet", *PROMPTS, variant="calm"))
    found = seen(status)
    assert found.over
    assert found.ends[End.FAILED] == 4
    assert [(one.variant, one.engine, one.rows, one.reason) for one in found.failures] == [
        ("calm", "testcard", 4, "Broken.")
    ]
    assert [one.name for one in found.slowest] != []
    assert found.expected_end is None


def test_rows_that_ended_with_a_cancelled_batch_are_one_line_and_no_offenders(
    settings: Settings, stopped: Status
) -> None:
    pipeline.cancel(settings, stopped.batch, now=NOW)
    found = seen(status_of(open_store(settings.store), stopped.batch))
    assert found.ends[End.FAILED] == 2
    assert [(one.variant, one.engine, one.rows) for one in found.failures] == [("", "", 2)]
    assert "cancelled" in found.failures[0].reason
    assert found.failed_last == []


def test_only_time_and_pace_change_while_nothing_happens(stopped: Status) -> None:
    early, late = seen(stopped, after=60), seen(stopped, after=90)
    assert early != late
    assert late.same_as(early)
    assert not late.same_as(None)
    assert not replace(late, waiting=2).same_as(early)


def test_it_is_plain_data_for_json(stopped: Status) -> None:
    told = json.loads(json.dumps(seen(stopped).as_json()))
    assert told["at"] == "2026-11-22T02:01:00+00:00"
    assert told["ends"] == {"published": 3, "reused": 0, "held": 0, "rejected": 1, "failed": 0, "withdrawn": 0}
    assert {key: told["reasons"][1][key] for key in ("why", "text", "rows")} == {
        "why": "made",
        "text": "the clip is made, counts when the shard is done",
        "rows": 1,
    }
    assert {"name", "fingerprint", "about", "render_seconds"} == set(told["slowest"][0])
    assert told["pace"].keys() == {"lately", "overall", "seconds_left"}
