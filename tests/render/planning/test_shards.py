"""Shards: every job in exactly one, one engine profile each, never more than 256, order kept."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from render.planning.shards import MOST_SHARDS, cut


@given(st.lists(st.integers(0, 2), max_size=1500), st.integers(1, 20))
def test_shards_are_few_complete_and_of_one_engine(profiles, jobs_per_shard):
    shards = cut(np.array(profiles, np.int64), jobs_per_shard=jobs_per_shard).tolist()
    assert len(shards) == len(profiles)
    assert len(set(shards)) <= MOST_SHARDS
    assert sorted(set(shards)) == list(range(len(set(shards))))
    assert len(set(zip(shards, profiles, strict=True))) == len(set(shards))


@given(st.integers(1, 500), st.integers(1, 20))
def test_shards_keep_the_order_of_the_jobs(count, jobs_per_shard):
    shards = cut(np.zeros(count, np.int64), jobs_per_shard=jobs_per_shard).tolist()
    assert shards == sorted(shards)
    assert max(Counter(shards).values()) <= max(jobs_per_shard, -(-count // MOST_SHARDS))


def test_no_jobs_make_no_shards():
    assert cut(np.array([], np.int64), jobs_per_shard=8).tolist() == []
