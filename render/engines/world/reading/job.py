"""From a job to the scene that it asks for, and what was made of its words."""

from __future__ import annotations

from render.engines.world.reading import document, reader
from render.engines.world.scene import Scene
from render.model import Job, Understanding


def wanted(job: Job) -> Scene:
    """The scene that a job gives as data, else the one that its prompt asks for."""
    if job.scene:
        return document.parse(job.scene)
    prompt = job.shots[0].prompt if job.shots else job.prompt
    return reader.read(prompt, negative=job.negative_prompt, style=job.style)


def understanding(job: Job, scene: Scene) -> Understanding:
    """What was made of the prompt's words, as the catalog keeps it. A scene that is given is built as it stands."""
    return Understanding(
        share=1.0 if job.scene else scene.words.share,
        scene=scene.family,
        fallback=scene.fallback,
        understood=scene.words.understood,
        approximated=scene.words.approximated,
        ignored=scene.words.ignored,
    )
