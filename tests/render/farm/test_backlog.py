import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.engines.contract import Capabilities
from render.farm.backlog import DEATHS, LOOKAHEAD, MOST_JOBS, UNEXPLAINED, Backlog, Tried
from render.model import Job, JobResult, ReasonKind


def job(number: int, *, engine: str = "plain", width: int = 64) -> Job:
    return Job(
        fingerprint=f"{number:064x}",
        prompt="p",
        negative_prompt="",
        style="realistic",
        duration_ms=1000,
        width=width,
        height=64,
        fps=8,
        seed=0,
        engine=engine,
        engine_revision="1",
    )


def capabilities(name: str) -> Capabilities:
    return Capabilities(
        name=name,
        revision="1",
        title=name,
        simulated=True,
        makes_sound=True,
        group_size=4 if name == "batched" else 1,
        resources={"GPU": 1} if name == "batched" else {},
    )


def backlog(jobs, *, tries=3, stop_after=100, **options) -> Backlog:
    return Backlog(jobs, capabilities=capabilities, tries=tries, backoff_seconds=2.0, stop_after=stop_after, **options)


def made(of: Job) -> Tried:
    return Tried(result=JobResult(fingerprint=of.fingerprint, state="made"))


def failed(of: Job, *, reason="it broke", may_pass=True, refused=False) -> Tried:
    result = JobResult(fingerprint=of.fingerprint, state="failed", reason=reason, reason_kind=ReasonKind.ENGINE)
    return Tried(result=result, may_pass=may_pass, refused=refused)


def taken(of: Backlog, now: float = 0.0):
    return list(iter(lambda: of.next(now), None))


def test_jobs_come_in_order_and_are_read_only_when_taken():
    read = []
    ahead = backlog(job(number) for number in itertools.count() if not read.append(number))
    assert [ahead.next(0.0).jobs for _ in range(3)] == [(job(0),), (job(1),), (job(2),)]
    assert read == [0, 1, 2]
    assert not ahead.empty


def test_groups_hold_like_jobs_only_and_carry_what_their_engine_needs():
    sizes = itertools.cycle([64, 128])
    groups = taken(backlog([job(number, engine="batched", width=next(sizes)) for number in range(8)]))
    assert [[one.width for one in group.jobs] for group in groups] == [[64] * 4, [128] * 4]
    assert {tuple(group.resources.items()) for group in groups} == {(("GPU", 1),)}


def test_the_last_jobs_are_shared_out_among_the_workers():
    ahead = backlog([job(number, engine="batched") for number in range(13)])
    ahead.workers = 2
    assert [len(group.jobs) for group in taken(ahead)] == [4, 4, 3, 1, 1]


def test_look_ahead_is_bounded_when_no_group_fills_up():
    read = []
    widths = itertools.count(2, 2)
    ahead = backlog(job(n, engine="batched", width=next(widths)) for n in itertools.count() if not read.append(n))
    assert ahead.next(0.0).jobs[0] == job(0, engine="batched", width=2)
    assert len(read) <= LOOKAHEAD


def test_a_failure_that_may_pass_is_tried_again_after_a_wait_that_doubles():
    ahead = backlog([job(0)])
    group = ahead.next(0.0)
    for wait in (2.0, 4.0):
        assert ahead.tried(group, [failed(job(0))], 10.0) == []
        assert ahead.next(10.0 + wait - 0.01) is None
        assert not ahead.empty
        group = ahead.next(10.0 + wait)
    (result,) = ahead.tried(group, [failed(job(0))], 20.0)
    assert (result.state, result.tries, result.reason) == ("failed", 3, "it broke")
    assert ahead.empty


def test_a_failure_that_will_not_pass_is_final():
    ahead = backlog([job(0)])
    (result,) = ahead.tried(ahead.next(0.0), [failed(job(0), may_pass=False)], 0.0)
    assert result.tries == 1
    assert ahead.next(1e9) is None


def test_only_the_failed_jobs_of_a_group_are_tried_again():
    jobs = [job(number, engine="batched") for number in range(4)]
    ahead = backlog(jobs)
    group = ahead.next(0.0)
    results = ahead.tried(group, [made(jobs[0]), failed(jobs[1]), made(jobs[2]), made(jobs[3])], 0.0)
    assert [result.fingerprint for result in results] == [jobs[number].fingerprint for number in (0, 2, 3)]
    again = ahead.next(2.0)
    assert again.jobs == (jobs[1],)
    assert again.key("batch", "store") != group.key("batch", "store")


def test_the_key_depends_on_batch_jobs_and_tries_alone():
    one, other = (backlog([job(0), job(1)]) for _ in range(2))
    assert one.next(0.0).key("b", "store") == other.next(5.0).key("b", "store") != one.next(0.0).key("b", "store")


def test_a_group_whose_worker_died_is_tried_again_as_singles_and_the_poison_job_is_found():
    jobs = [job(number, engine="batched") for number in range(4)]
    ahead = backlog(jobs)
    assert ahead.lost(ahead.next(0.0), deaths=1, now=0.0) == []
    singles = taken(ahead)
    assert [group.jobs for group in singles] == [(one,) for one in jobs]
    assert ahead.lost(singles[2], deaths=1, now=0.0) == []
    for single in (singles[0], singles[1], singles[3]):
        assert [result.state for result in ahead.tried(single, [made(single.jobs[0])], 0.0)] == ["made"]
    (result,) = ahead.lost(ahead.next(0.0), deaths=1, now=0.0)
    assert (result.state, result.reason_kind) == ("failed", ReasonKind.INFRASTRUCTURE)
    assert "killed its worker twice" in result.reason
    assert ahead.empty


def test_a_group_that_only_stood_in_line_is_not_blamed_but_not_forever():
    ahead = backlog([job(0)])
    group = ahead.next(0.0)
    for _ in range(UNEXPLAINED - 1 + DEATHS - 1):
        assert ahead.lost(group, deaths=0, now=0.0) == []
        group = ahead.next(0.0)
    (result,) = ahead.lost(group, deaths=0, now=0.0)
    assert result.state == "failed"


def test_a_group_that_hung_is_tried_again_as_singles_and_only_the_one_that_hangs_alone_fails():
    """Nobody is blamed for a neighbour; whoever hangs by itself has its tries, with waits that double."""
    jobs = [job(number, engine="batched") for number in range(4)]
    ahead = backlog(jobs, tries=2)
    assert ahead.stalled(ahead.next(0.0), seconds=600.0, now=0.0) == []
    singles = taken(ahead)
    assert [group.jobs for group in singles] == [(one,) for one in jobs]
    assert ahead.stalled(singles[2], seconds=600.0, now=0.0) == []
    for single in (singles[0], singles[1], singles[3]):
        assert [result.tries for result in ahead.tried(single, [made(single.jobs[0])], 0.0)] == [1]
    assert ahead.next(1.9) is None
    (result,) = ahead.stalled(ahead.next(2.0), seconds=600.0, now=2.0)
    assert (result.state, result.tries, result.reason_kind) == ("failed", 2, ReasonKind.ENGINE)
    assert "for 600 s nothing moved" in result.reason
    assert ahead.empty


def test_groups_grow_where_jobs_are_short_and_shrink_where_they_are_not():
    """A group holds about a second of work, in whole handfuls of the engine, and never more than so many jobs."""
    ahead = backlog(job(number, engine="batched") for number in itertools.count())
    sizes = []
    for seconds_each in (0.05, 0.0, 2.0, 2.0):
        group = ahead.next(0.0)
        sizes.append(len(group.jobs))
        ahead.tried(group, [made(one) for one in group.jobs], 0.0, seconds=seconds_each * len(group.jobs))
    assert sizes == [4, 20, MOST_JOBS, 4]


def test_jobs_that_were_given_back_are_shared_out_anew_before_others():
    """Jobs that their worker did not begin are no tries, and go to whoever is free."""
    ahead = backlog(map(job, range(20)), tries=1)
    ahead.workers = 2
    first = ahead.next(0.0)
    ahead.tried(first, [made(job(0))], 0.0, seconds=0.1)
    group = ahead.next(0.0)
    assert [one.fingerprint for one in group.jobs] == [job(number).fingerprint for number in range(1, 11)]
    (result,) = ahead.tried(group, [made(job(1))], 0.0, seconds=0.1)
    assert result.tries == 1
    assert ahead.next(0.0).jobs[0] == job(2)


def test_an_interrupted_group_comes_again_and_it_does_not_count_as_a_try():
    ahead = backlog([job(0)], tries=1)
    group = ahead.next(0.0)
    ahead.again(group, 0.0)
    (result,) = ahead.tried(ahead.next(0.0), [made(job(0))], 0.0)
    assert result.tries == 1


def test_equal_errors_in_a_row_stop_the_batch():
    ahead = backlog(map(job, itertools.count()), tries=1, stop_after=3)
    for number in range(3):
        assert not ahead.stopped
        group = ahead.next(0.0)
        ahead.tried(group, [failed(group.jobs[0], reason=f"no model at 0x7f{number}0 for job {number}")], 0.0)
    assert ahead.stopped
    assert ahead.stopped.reason == "no model at 0x7f20 for job 2"
    assert ahead.empty
    assert ahead.next(0.0) is None
    assert ahead.left()


@pytest.mark.parametrize(
    "between",
    [made, lambda of: failed(of, reason="something else")],
    ids=["a success", "another error"],
)
def test_errors_that_are_not_in_a_row_do_not_stop_it(between):
    ahead = backlog(map(job, range(5)), tries=1, stop_after=3)
    for number, group in enumerate(taken(ahead)):
        ahead.tried(group, [between(group.jobs[0]) if number == 2 else failed(group.jobs[0])], 0.0)
    assert not ahead.stopped


def test_refused_jobs_say_nothing_of_the_engine():
    ahead = backlog(map(job, range(5)), stop_after=3)
    for group in taken(ahead):
        ahead.tried(group, [failed(group.jobs[0], may_pass=False, refused=True)], 0.0)
    assert not ahead.stopped


def test_draining_begins_nothing_and_knows_what_is_left():
    ahead = backlog([job(0), job(1)])
    group = ahead.next(0.0)
    ahead.draining = True
    assert ahead.next(0.0) is None
    assert ahead.empty
    assert [result.state for result in ahead.tried(group, [made(job(0))], 0.0)] == ["made"]
    assert ahead.left()


def test_waiting_tries_keep_fresh_jobs_back():
    ahead = backlog(map(job, itertools.count()), most_waiting=2)
    for _ in range(2):
        group = ahead.next(0.0)
        ahead.tried(group, [failed(group.jobs[0])], 0.0)
    assert ahead.next(0.0) is None
    assert ahead.next(2.0).jobs == (job(0),)


FATES = ("made", "may pass", "final", "died", "stood by", "hung", "cut", "given back")


@given(
    fates=st.lists(
        st.lists(st.sampled_from(FATES), max_size=8),
        max_size=30,
    ),
    batched=st.booleans(),
    workers=st.integers(1, 5),
    pace=st.sampled_from([0.0, 0.1, 0.4, 2.0]),
)
def test_every_job_ends_exactly_once_whatever_happens(fates, batched, workers, pace):
    """Each job meets its own list of fates, then success."""
    jobs = [job(number, engine="batched" if batched else "plain") for number in range(len(fates))]
    fate = {one.fingerprint: iter(mishaps) for one, mishaps in zip(jobs, fates, strict=True)}
    ahead = backlog(jobs)
    ahead.workers = workers
    ended: Counter[str] = Counter()
    keys, now = set(), 0.0
    while not ahead.empty:
        group = ahead.next(now)
        if group is None:
            now += 1.0
            continue
        assert group.key("b", "store") not in keys
        keys.add(group.key("b", "store"))
        met = [next(fate[one.fingerprint], "made") for one in group.jobs]
        if "cut" in met:
            ahead.again(group, now)
            continue
        if {"died", "stood by"} & set(met):
            results = ahead.lost(group, deaths=int("died" in met), now=now)
        elif "hung" in met:
            results = ahead.stalled(group, seconds=600.0, now=now)
        else:
            back = {one for one, how in zip(group.jobs[1:], met[1:], strict=True) if how == "given back"}
            outcomes = [
                failed(one, may_pass=how == "may pass") if how in {"may pass", "final"} else made(one)
                for one, how in zip(group.jobs, met, strict=True)
                if one not in back
            ]
            results = ahead.tried(group, outcomes, now, seconds=pace * len(outcomes))
        ended.update(result.fingerprint for result in results)
    assert ended == Counter(one.fingerprint for one in jobs)
    assert not ahead.left()
