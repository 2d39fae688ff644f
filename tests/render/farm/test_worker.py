import threading
from dataclasses import replace
from pathlib import Path

import av
import pytest

from render import errors, scratch
from render.farm import clip, worker
from render.model import STAND_IN, ReasonKind
from render.store import clips
from render.store.objects import open_store


@pytest.fixture
def orders(settings):
    return worker.Orders(
        store_url=settings.store, batch="b1", scratch=settings.scratch, cache=settings.cache, usd_per_cpu_hour=3600.0
    )


@pytest.fixture
def store(settings):
    return open_store(settings.store)


def left_in(orders) -> list[Path]:
    """What lies in this process's scratch, but for the directories of its open engines."""
    return [path for path in scratch.of_process(orders.scratch).iterdir() if not path.name.startswith("engine-")]


def test_a_job_becomes_a_committed_clip_with_its_figures_and_what_it_cost(orders, store, new_job):
    job = new_job(engine="testcard", duration_ms=1000)
    (tried,) = worker.make_clips([job], orders)
    assert tried.result.state == "made"
    record = clips.get(store, job.fingerprint)
    assert record.job == job
    assert record.batch == "b1"
    assert {"clip", "poster", "sheet"} <= set(record.objects)
    assert clips.verify(store, record) == []
    assert record.engine_simulated
    assert len({figure.check for figure in record.figures}) > 3
    assert record.understanding is not None
    assert record.cpu_seconds > 0
    assert record.render_seconds > 0
    assert record.cost_usd == pytest.approx(record.cpu_seconds)
    assert left_in(orders) == []


def test_who_has_nothing_but_the_file_can_read_that_it_is_a_stand_in(orders, store, new_job):
    job = new_job(engine="testcard")
    worker.make_clips([job], orders)
    record = clips.get(store, job.fingerprint)
    assert record.understanding.fallback
    with store.open(record.objects["clip"].path) as file, av.open(file) as container:
        comment = container.metadata["comment"]
    assert comment.startswith("Made by Nightreel with engine testcard. Simulated previs, not generated video.")
    assert f"This is {STAND_IN}." in comment


def test_a_clip_with_a_record_is_not_made_again_and_its_engine_not_even_opened(orders, store, new_job):
    job = new_job(engine="testcard")
    worker.make_clips([job], orders)
    before = clips.get(store, job.fingerprint)
    (tried,) = worker.make_clips([replace(job, engine="gone")], orders)
    assert tried.result.state == "found"
    assert clips.get(store, job.fingerprint) == before


def test_each_job_of_a_group_has_its_own_end(orders, store, new_job):
    jobs = [new_job(word, engine="quads") for word in ("bars", "fail", "refuse", "bars")]
    outcomes = worker.make_clips(jobs, orders)
    assert [outcome.result.fingerprint for outcome in outcomes] == [job.fingerprint for job in jobs]
    assert [outcome.result.state for outcome in outcomes] == ["made", "failed", "failed", "made"]
    assert left_in(orders) == []


@pytest.mark.parametrize(
    ("prompt", "kind", "may_pass", "refused", "says"),
    [
        ("fail", ReasonKind.ENGINE, True, False, "The lamp is broken."),
        ("refuse", ReasonKind.ENGINE, False, True, "It shows no such thing."),
        ("bug", ReasonKind.ENGINE, False, False, "LookupError: no such lamp (mischief.py:"),
        ("short", ReasonKind.ENGINE, True, False, "gave 1 frames instead of 4"),
        ("stop", ReasonKind.ENGINE, False, False, "Engine mischief stopped without being asked to: I have had enough."),
        (
            "leave",
            ReasonKind.ENGINE,
            False,
            False,
            "Engine mischief stopped without being asked to: I have had enough.",
        ),
        ("skip", ReasonKind.ENGINE, True, False, "gave nothing for 1 of 1 jobs"),
    ],
)
def test_what_an_engine_does_wrong_becomes_a_reason(orders, store, new_job, prompt, kind, may_pass, refused, says):
    job = new_job(prompt)
    if prompt == "short":
        job = replace(job, duration_ms=500)
    (tried,) = worker.make_clips([job], orders)
    assert (tried.result.state, tried.result.reason_kind) == ("failed", kind)
    assert (tried.may_pass, tried.refused) == (may_pass, refused)
    assert says in tried.result.reason
    assert tried.result.fix
    assert clips.find(store, job.fingerprint) is None
    assert left_in(orders) == []


def test_a_job_planned_for_another_revision_of_its_engine_is_not_made(orders, new_job):
    (tried,) = worker.make_clips([new_job(engine_revision="0")], orders)
    assert "planned for engine mischief 0" in tried.result.reason
    assert not tried.may_pass


@pytest.mark.parametrize(
    ("error", "kind", "may_pass"),
    [
        (errors.StoreError("The bucket is away."), ReasonKind.INFRASTRUCTURE, True),
        (errors.MediaError("ffmpeg died."), ReasonKind.INFRASTRUCTURE, True),
        (OSError(28, "No space left on device"), ReasonKind.INFRASTRUCTURE, True),
        (TypeError("a fault of ours"), ReasonKind.INFRASTRUCTURE, False),
    ],
)
def test_what_goes_wrong_around_the_engine_is_not_its_fault(monkeypatch, orders, new_job, error, kind, may_pass):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(clip.mux, "mux", broken)
    (tried,) = worker.make_clips([new_job()], orders)
    assert (tried.result.reason_kind, tried.may_pass) == (kind, may_pass)
    assert tried.result.fix
    assert left_in(orders) == []


def test_a_store_that_is_away_is_the_reason_of_the_jobs_that_were_begun(monkeypatch, orders, new_job):
    def away(*_):
        raise errors.StoreError("The bucket is away.")

    monkeypatch.setattr(worker.clips, "find", away)
    jobs = [new_job(engine="quads") for _ in range(6)]
    outcomes = worker.make_clips(jobs, orders)
    assert [(outcome.result.fingerprint, outcome.may_pass) for outcome in outcomes] == [
        (job.fingerprint, True) for job in jobs[:4]
    ]


def test_a_slice_of_time_that_is_used_up_leaves_the_other_jobs_alone(monkeypatch, orders, store, new_job):
    """What an engine takes at once is finished; jobs after that go back, and could be another worker's."""
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)
    jobs = [new_job(engine="quads") for _ in range(6)]
    outcomes = worker.make_clips(jobs, orders)
    assert [outcome.result.state for outcome in outcomes] == ["made"] * 4
    assert [bool(clips.find(store, job.fingerprint)) for job in jobs] == [True] * 4 + [False] * 2


def test_a_refused_job_ends_no_slice_and_another_failure_does(orders, new_job):
    """A row that cannot be made says nothing of the next ones; what else goes wrong may do so for all of them."""
    refused, good, broken = new_job("refuse"), new_job(), new_job("fail")
    outcomes = worker.make_clips([refused, good, broken, new_job()], orders)
    assert [outcome.result.state for outcome in outcomes] == ["failed", "made", "failed"]


def test_cancelling_a_task_stops_its_work_and_no_other(orders, store, new_job, tmp_path):
    job, began = new_job(f"hang {tmp_path / 'began'}"), tmp_path / "began"
    raised = []

    def run():
        try:
            worker.make_clips([job], orders, task="one")
        except errors.Cancelled as cancelled:
            raised.append(cancelled)

    thread = threading.Thread(target=run)
    thread.start()
    while not began.exists() and thread.is_alive():
        thread.join(0.01)
    worker.cancel({"another"})
    assert thread.is_alive()
    worker.cancel({"one"})
    thread.join()
    assert raised
    assert clips.find(store, job.fingerprint) is None
    assert left_in(orders) == []
