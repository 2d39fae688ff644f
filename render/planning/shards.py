"""Cutting a batch's jobs into shards: the unit that Airflow sees."""

from __future__ import annotations

import math

import numpy as np

MOST_SHARDS = 256
"""Shards a batch: far below Airflow's map length, and few enough to look at."""


def cut(profiles: np.ndarray, *, jobs_per_shard: int) -> np.ndarray:
    """Give each job its shard, 0 upwards without gaps.

    ``profiles`` (``[jobs]`` of whole numbers) says which engine profile, a name and a revision, each job is of; jobs
    come in the order in which they are wanted and keep it. A shard holds jobs of one profile, and shards grow beyond
    ``jobs_per_shard`` when the batch would need more than :data:`MOST_SHARDS`.
    """
    _, first, profile = np.unique(profiles, return_index=True, return_inverse=True)
    room = max(1, MOST_SHARDS - len(first) + 1)
    size = max(jobs_per_shard, math.ceil(len(profiles) / room))
    shards = np.empty(len(profiles), np.int32)
    number = 0
    for one in np.argsort(first):  # profiles in the order in which they come up
        members = np.flatnonzero(profile == one)
        shards[members] = number + np.arange(len(members)) // size
        number += math.ceil(len(members) / size)
    return shards
