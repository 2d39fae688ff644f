import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest
from distributed import Client
from in_process import raising
from otlp import collector

from render import errors
from render.farm import cluster, dispatch, survey, worker
from render.farm.backlog import Group
from render.farm.control import Control
from render.model import ReasonKind
from render.store import clips
from render.store.objects import open_store
from render.telemetry import export

pytestmark = pytest.mark.slow


@pytest.fixture
def run(farm):
    """Runs jobs on the farm; gives their results by fingerprint, also those that came before it raised."""
    address, settings = farm
    results = {}

    def go(jobs, *, on_result=lambda result: None, **options):
        def note(result):
            assert result.fingerprint not in results, "a job ends once"
            results[result.fingerprint] = result
            on_result(result)

        results.clear()
        dispatch.run(address, jobs, store_url=settings.store, batch="b1", settings=settings, on_result=note, **options)
        return results

    go.results = results
    return go


@pytest.fixture
def store(farm):
    return open_store(farm[1].store)


def files_in_the_making(farm) -> list[str]:
    return [str(path) for path in farm[1].scratch.rglob("*.mp4*")]


def test_every_job_is_made_once_and_found_the_next_time(farm, run, store, new_job):
    jobs = [new_job(engine="testcard") for _ in range(5)]
    assert Counter(result.state for result in run(iter(jobs)).values()) == {"made": 5}
    attempts = {job.fingerprint: clips.get(store, job.fingerprint).attempt for job in jobs}
    assert Counter(result.state for result in run(iter(jobs)).values()) == {"found": 5}
    assert attempts == {job.fingerprint: clips.get(store, job.fingerprint).attempt for job in jobs}
    assert files_in_the_making(farm) == []


def test_a_poison_job_is_found_and_its_neighbours_are_finished(farm, run, new_job):
    poison = new_job("kill", engine="quads")
    neighbours = [new_job(engine="quads") for _ in range(3)] + [new_job() for _ in range(3)]
    results = run([poison, *neighbours])
    result = results.pop(poison.fingerprint)
    assert (result.state, result.reason_kind) == ("failed", ReasonKind.INFRASTRUCTURE)
    assert "killed its worker twice" in result.reason
    assert len(results) == len(neighbours)
    assert {result.state for result in results.values()} <= {"made", "found"}


def test_a_job_that_is_sent_again_is_counted(run, new_job, tmp_path, monkeypatch):
    """One whose first try fails in a way that may pass; not its neighbour."""
    monkeypatch.setattr(export, "_made", {})
    with collector() as taken:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", taken.endpoint)
        results = run([new_job(f"once {tmp_path / 'tried'}"), new_job()])
        assert export.flush(10)
        export._made["meter provider"].shutdown()
    assert {result.state for result in results.values()} == {"made"}
    assert taken.total("nightreel.retries", engine="mischief") == 1


def test_a_job_that_hangs_is_ended_and_its_neighbours_are_finished(settings, new_job, tmp_path):
    """Whatever it hangs in, the process ends and another worker tries it; it fails after its tries."""
    settings = settings.model_copy(update={"stall_seconds": 10.0, "tries": 2})
    frozen = new_job(f"freeze {tmp_path / 'frozen'}", engine="quads")
    halted, neighbours = new_job(f"halt {tmp_path / 'halted'}"), [new_job(engine="quads") for _ in range(3)]
    results = {}
    with cluster.local(settings) as address:
        dispatch.run(
            address,
            [halted, frozen, *neighbours],
            store_url=settings.store,
            batch="b1",
            settings=settings,
            on_result=lambda result: results.update({result.fingerprint: result}),
        )
    result = results[frozen.fingerprint]
    assert (result.state, result.reason_kind, result.tries) == ("failed", ReasonKind.ENGINE, 2)
    assert "for 10 s nothing moved" in result.reason
    tried_by = (tmp_path / "frozen").read_text().split()
    assert len(tried_by) == len(set(tried_by)) >= 2
    assert {results[job.fingerprint].state for job in (halted, *neighbours)} <= {"made", "found"}
    assert results[halted.fingerprint].tries == 2
    assert all(results[job.fingerprint].tries == 1 for job in neighbours)


def test_killed_workers_cost_no_clip_that_was_collected(farm, run, new_job, monkeypatch):
    """They held them all: what others are to make again is what nobody had collected, and nothing else.

    That does not wait until nobody has the futures any more: here they are kept.
    """
    kept, submit = [], Client.submit

    def submit_and_keep(*arguments, **options):
        kept.append(submit(*arguments, **options))
        return kept[-1]

    monkeypatch.setattr(Client, "submit", submit_and_keep)
    address, settings = farm
    jobs = [new_job(duration_ms=500 + number) for number in range(6)]  # no two are alike: each is a group
    collected, begun = [], Counter()
    with cluster.connect(address) as client:
        pids = client.run(os.getpid).values()
        client.subscribe_topic(worker.BEGAN, lambda event: begun.update([event[1]["key"]]))

        def note(result):
            if len(collected) < 4:
                collected.append(result.fingerprint)
                if len(collected) == 4:
                    threading.Event().wait(0.5)  # for the scheduler to have heard of it
                    for pid in pids:
                        os.kill(pid, signal.SIGKILL)

        assert len(run(jobs, on_result=note)) == len(jobs)
    assert len(kept) >= len(jobs)
    named = {Group(jobs=(job,), order=0).key("b1", open_store(settings.store).url): job.fingerprint for job in jobs}
    times = {fingerprint: begun[key] for key, fingerprint in named.items()}
    assert {fingerprint: times[fingerprint] for fingerprint in collected} == dict.fromkeys(collected, 1)


def test_what_may_pass_is_tried_again_and_what_will_not_is_not(run, new_job, tmp_path):
    flaky, refused, broken = new_job(f"once {tmp_path / 'flickered'}"), new_job("refuse"), new_job("fail")
    results = run([flaky, refused, broken])
    assert [(results[job.fingerprint].state, results[job.fingerprint].tries) for job in (flaky, refused, broken)] == [
        ("made", 2),
        ("failed", 1),
        ("failed", 3),
    ]
    assert results[refused.fingerprint].reason_kind is ReasonKind.ENGINE


def test_a_drain_finishes_what_runs_and_begins_nothing(farm, run, new_job):
    control = Control()
    taken = []

    def endless():
        for _ in itertools.count():
            taken.append(new_job())
            yield taken[-1]

    with pytest.raises(errors.BatchStopped, match="on request"):
        run(endless(), control=control, on_result=lambda _: control.drain())
    assert run.results.keys() < {job.fingerprint for job in taken}
    settings = farm[1]
    assert len(taken) <= settings.window * settings.workers + 1, (
        "no more is read than is sent, and one to look for more"
    )
    assert {result.state for result in run.results.values()} == {"made"}
    assert run(taken).keys() == {job.fingerprint for job in taken}


@pytest.mark.parametrize(
    "how", ["control", "control that leaves", "control of a scheduler that refuses", "an exception"]
)
def test_a_cancelled_batch_leaves_the_workers_free(farm, run, new_job, tmp_path, monkeypatch, how):
    """Also where nobody may ask the scheduler what others left there, or it is of an older image."""
    if how.endswith("refuses"):
        monkeypatch.setattr(Client, "run_on_scheduler", raising(ValueError("It may not unpickle.")))
    control = Control()
    began = [tmp_path / "one", tmp_path / "other"]
    hanging = [new_job(f"hang {file}") for file in began]

    def stop(result=None):
        if how.startswith("control"):
            control.cancel()
            control.left = how.endswith("leaves")
        else:
            raise KeyboardInterrupt

    watcher = None
    if how.startswith("control"):

        def watch():
            while not all(file.exists() for file in began):
                threading.Event().wait(0.02)
            stop()

        watcher = threading.Thread(target=watch)
        watcher.start()
        jobs = hanging
    else:
        jobs = [hanging[0], new_job()]
    with pytest.raises(KeyboardInterrupt if how == "an exception" else errors.Cancelled):
        run(jobs, control=control, on_result=stop)
    if watcher:
        watcher.join()
    assert len(run([new_job() for _ in range(4)])) == 4
    assert files_in_the_making(farm) == []


def test_a_flight_that_is_cancelled_leaves_another_of_the_same_batch_at_work(farm, new_job, tmp_path):
    """Two runs may take up one batch at once; both then have the same tasks on the cluster."""
    address, settings = farm
    began = tmp_path / "began"
    shared = [new_job(f"pause {began}"), *(new_job() for _ in range(3))]
    ended, control = {}, Control()

    def stay():
        dispatch.run(
            address,
            shared,
            store_url=settings.store,
            batch="twice",
            settings=settings,
            on_result=lambda result: ended.update({result.fingerprint: result.state}),
        )

    def leave():
        with pytest.raises(errors.Cancelled):
            dispatch.run(
                address,
                shared,
                store_url=settings.store,
                batch="twice",
                settings=settings,
                control=control,
                on_result=lambda _: None,
            )

    with ThreadPoolExecutor(2) as pool:
        staying, leaving = pool.submit(stay), pool.submit(leave)
        while not began.exists() and not staying.done():
            threading.Event().wait(0.02)
        threading.Event().wait(0.5)  # for the other to have sent them, too
        control.cancel()
        leaving.result(timeout=60)
        staying.result(timeout=60)
    assert ended.keys() == {job.fingerprint for job in shared}
    assert set(ended.values()) <= {"made", "found"}


def test_an_urgent_batch_overtakes_one_that_is_under_way(settings, new_job):
    """It goes first at the next free worker, but for the job that this worker was given already."""
    settings = settings.model_copy(update={"workers": 1})
    nightly = [new_job(duration_ms=500 + number) for number in range(10)]  # no two are alike: each is a group
    urgent = [new_job(duration_ms=600 + number) for number in range(8)]  # of fewer each would go first at any urgency
    ended: list[tuple[str, str]] = []
    under_way = threading.Event()

    def send(address, batch, jobs, urgency):
        def note(result):
            ended.append((batch, result.state))
            under_way.set()

        dispatch.run(
            address, jobs, store_url=settings.store, batch=batch, settings=settings, urgency=urgency, on_result=note
        )

    def later():
        under_way.wait(60)
        yield from urgent

    with cluster.local(settings) as address, ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(send, address, "urgent", later(), lambda _: 5),
            pool.submit(send, address, "nightly", iter(nightly), lambda _: 0),
        ]
        for one in sent:
            one.result(timeout=120)
    assert len(ended) == len(nightly) + len(urgent)
    batches = [batch for batch, _ in ended]
    assert batches.index("urgent") <= 3, batches
    assert "nightly" not in batches[batches.index("urgent") : batches.index("urgent") + len(urgent)], batches


CONTROLLER = """
import json, sys
from render.farm import dispatch
from render.model import Job
from render.settings import Settings
address, job, settings = sys.argv[1], Job(**json.loads(sys.argv[2])), Settings.model_validate_json(sys.argv[3])
dispatch.run(address, [job], store_url=settings.store, batch="b1", settings=settings, on_result=print)
"""


@pytest.mark.parametrize("how", ["leaves", "is killed"])
def test_when_a_controller_goes_its_work_goes_on_and_is_found_by_the_next(farm, run, new_job, tmp_path, how):
    """The job is made once: the next controller is told how it ended, be it under way or over by then."""
    address, settings = farm
    count = tmp_path / "count"
    job = new_job(f"pause {count}")
    if how == "leaves":
        control = Control()
        with ThreadPoolExecutor(1) as pool:
            leaving = pool.submit(run, [job], control=control)
            wait_for(count)
            control.leave()
            with pytest.raises(errors.BatchStopped):
                leaving.result(timeout=60)
    else:
        arguments = [address, json.dumps(asdict(job)), settings.model_dump_json()]
        with subprocess.Popen([sys.executable, "-c", CONTROLLER, *arguments]) as controller:
            wait_for(count)
            controller.kill()
    assert [result.state for result in run([job]).values()] in (["made"], ["found"])
    assert count.read_text() == "x"


def test_who_cancels_stops_what_a_controller_before_it_has_sent_of_its_shards(settings, new_job, tmp_path):
    """Though it has sent nothing itself: a trigger that takes a shard over when its time is up. Other shards go on."""
    jobs = {shard: new_job(f"hang {tmp_path / str(shard)}") for shard in (3, 4)}

    def control(shard, control):
        dispatch.run(
            address, [jobs[shard]], store_url=settings.store, batch="b1", settings=settings, control=control,
            shards=[shard], whence=lambda _: worker.Whence(shard, ""), on_result=lambda _: None,
        )  # fmt: skip

    first, late = Control(), Control()
    late.cancel()
    with cluster.local(settings) as address, survey.Asker(address) as asker, ThreadPoolExecutor(2) as pool:

        def at_work():
            return {one for task in asker.ask("b1", open_store(settings.store).url).tasks for one in task.fingerprints}

        leaving = [pool.submit(control, shard, first) for shard in jobs]
        for shard in jobs:
            wait_for(tmp_path / str(shard))
        first.leave()
        for one in leaving:
            with pytest.raises(errors.BatchStopped):
                one.result(timeout=60)
        assert at_work() == {job.fingerprint for job in jobs.values()}
        with pytest.raises(errors.Cancelled):
            control(3, late)
        assert at_work() == {jobs[4].fingerprint}
        jobs[3] = new_job()
        control(3, Control())  # its worker is free
        with pytest.raises(errors.Cancelled):
            control(4, late)
        assert at_work() == set()


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert file.exists()


def test_equal_engine_errors_in_a_row_stop_the_batch(run, new_job):
    with pytest.raises(errors.EngineStopped, match="no such lamp"):
        run(new_job("bug") for _ in itertools.count())
    assert len(run.results) >= 3


def test_equal_errors_of_the_infrastructure_stop_the_batch_as_what_may_pass(run, new_job, monkeypatch):
    """A full disk or a store that is overloaded may be well a little later: Airflow tries such a shard again."""
    monkeypatch.setattr(dispatch.worker, "work", out_of_order)
    with pytest.raises(errors.BatchStopped, match="The store is overloaded") as stop:
        run(new_job() for _ in itertools.count())
    assert stop.type is errors.BatchStopped


def out_of_order(*_):
    """What a worker does in whose place nothing can be made."""
    raise errors.StoreError("The store is overloaded.")


def test_jobs_that_no_worker_can_take_are_named_and_the_others_made(run, new_job):
    others = [new_job(), new_job()]
    with pytest.raises(errors.BatchStopped, match=r"no worker offers TPU=1, 2 clips need it"):
        run([new_job(engine="needy"), *others, new_job(engine="needy")])
    assert run.results.keys() == {job.fingerprint for job in others}


def test_a_lost_scheduler_stops_the_batch_and_another_run_resumes_it(farm, settings, new_job, tmp_path):
    mine, other = new_job(), new_job(f"hang {tmp_path / 'began'}")
    home = tmp_path / "home"
    address = cluster.spawn(settings, home, owner=os.getpid())

    def kill(_result):
        os.killpg(os.getpgid(json.loads((home / "cluster.json").read_text())["pid"]), signal.SIGKILL)

    with pytest.raises(errors.BatchStopped, match="scheduler was lost"):
        dispatch.run(address, [other, mine], store_url=settings.store, batch="b", settings=settings, on_result=kill)
    states = []
    dispatch.run(
        farm[0],
        [mine, new_job()],
        store_url=settings.store,
        batch="b",
        settings=settings,
        on_result=lambda result: states.append(result.state),
    )
    assert sorted(states) == ["found", "made"]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "nowhere"])
def test_an_address_without_a_scheduler_is_refused(address):
    with pytest.raises(errors.SchedulerAway, match="Dask scheduler"):
        cluster.connect(address, seconds=0.5)
