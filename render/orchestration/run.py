"""What an Airflow run tells the pipeline: its settings and its key."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from render import settings
from render.farm.cluster import FARMS

RunContext = Any
"""Airflow's template context: a mapping with ``params``, ``dag_run``, ``ti`` and more."""


def given_of(context: RunContext) -> dict[str, Any]:
    """The run's parameters that are settings; None for one that is not given."""
    params = context["params"]
    return {name: params.get(name) or None for name in ("store", "scheduler", "workers", "jobs_per_shard")}


def settings_of(context: RunContext) -> settings.Settings:
    """The settings of a run: its parameters where they are given, else the worker's own."""
    return settings.load(**given_of(context))


def run_key(context: RunContext) -> str:
    """The logical date in ISO 8601, UTC; else the run's id, for runs that an asset triggered."""
    given = context["params"].get("logical_date")
    date = datetime.fromisoformat(given) if given else context["dag_run"].logical_date
    if date is None:
        return context["dag_run"].run_id
    return date.astimezone(UTC).isoformat().replace("+00:00", "Z")


def farm_home(context: RunContext) -> Path:
    """The directory of this machine in which the run's own Dask cluster, if it has one, leaves its address and log."""
    run = f"{context['ti'].dag_id}/{context['ti'].run_id}"
    return settings_of(context).scratch / FARMS / hashlib.sha256(run.encode()).hexdigest()[:16]


def now() -> datetime:
    """The wall clock, which the pipeline never reads by itself."""
    return datetime.now(UTC)
