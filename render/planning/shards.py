"""Cutting a batch's jobs into shards: the unit that Airflow sees."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from render.model import Job

MOST_SHARDS = 256
"""Shards a batch: far below Airflow's map length, and few enough to look at."""


def cut(jobs: Sequence[Job], *, jobs_per_shard: int) -> dict[str, int]:
    """Give each job's fingerprint its shard, 0 upwards without gaps.

    ``jobs`` come in the order in which they are wanted and keep it. A shard holds jobs of one engine profile
    (name and revision); shards grow beyond ``jobs_per_shard`` when the batch would need more than
    :data:`MOST_SHARDS`.
    """
    profiles: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        profiles[job.engine, job.engine_revision].append(job)
    if not profiles:
        return {}
    room = max(1, MOST_SHARDS - len(profiles) + 1)
    size = max(jobs_per_shard, math.ceil(len(jobs) / room))
    shards: dict[str, int] = {}
    number = 0
    for members in profiles.values():
        for start in range(0, len(members), size):
            shards.update((job.fingerprint, number) for job in members[start : start + size])
            number += 1
    return shards
