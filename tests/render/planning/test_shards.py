"""Shards: every job in exactly one, one engine profile each, never more than 256, order kept."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from render.model import Job
from render.planning.shards import MOST_SHARDS, cut

JOB = Job(
    fingerprint="",
    prompt="p",
    negative_prompt="",
    style="realistic",
    duration_ms=1000,
    width=64,
    height=64,
    fps=8,
    seed=0,
    engine="world",
    engine_revision="1",
)


def jobs(engines: list[str]) -> list[Job]:
    return [replace(JOB, fingerprint=f"{number:064x}", engine=engine) for number, engine in enumerate(engines)]


@given(st.lists(st.sampled_from("abc"), max_size=1500), st.integers(1, 20))
def test_shards_are_few_complete_and_of_one_engine(engines, jobs_per_shard):
    wanted = jobs(engines)
    shards = cut(wanted, jobs_per_shard=jobs_per_shard)
    assert set(shards) == {job.fingerprint for job in wanted}
    assert len(set(shards.values())) <= MOST_SHARDS
    assert sorted(set(shards.values())) == list(range(len(set(shards.values()))))
    engines_of = {(shards[job.fingerprint], job.engine) for job in wanted}
    assert len(engines_of) == len(set(shards.values()))


@given(st.integers(1, 500), st.integers(1, 20))
def test_shards_keep_the_order_of_the_jobs(count, jobs_per_shard):
    wanted = jobs(["a"] * count)
    shards = cut(wanted, jobs_per_shard=jobs_per_shard)
    numbers = [shards[job.fingerprint] for job in wanted]
    assert numbers == sorted(numbers)
    assert max(Counter(numbers).values()) <= max(jobs_per_shard, -(-count // MOST_SHARDS))


def test_no_jobs_make_no_shards():
    assert cut([], jobs_per_shard=8) == {}
