"""Why no earlier clip serves a job: how the nearest clip of the same prompt differs from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from render.model import Job
from render.store import catalog
from render.store.objects import ObjectStore

COMPARED = ("engine_revision", "style", "width", "height", "fps", "seconds", "seed")
"""Columns of the catalog's clips that a job has too, in the order in which differences are told."""


def explain(store: ObjectStore, jobs: Collection[Job]) -> dict[str, str]:
    """Say by fingerprint how the nearest clip of the same prompt and engine differs; silent where there is none."""
    clips: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for clip in catalog.clips_of_prompts(store, {job.prompt for job in jobs}, columns=COMPARED):
        clips[clip["prompt"], clip["engine"]].append(clip)
    return {job.fingerprint: _nearest(job, near) for job in jobs if (near := clips.get((job.prompt, job.engine)))}


def _nearest(job: Job, clips: Collection[Mapping[str, Any]]) -> str:
    differences = min((_differences(job, clip) for clip in clips), key=len)
    if not differences:
        return "the negative prompt, the shots, the scene or the media settings changed"
    return "; ".join(differences)


def _differences(job: Job, clip: Mapping[str, Any]) -> list[str]:
    return [
        f"{name.replace('_', ' ')} changed from {clip[name]} to {getattr(job, name)}"
        for name in COMPARED
        if clip[name] != getattr(job, name)
    ]
