"""Scene families: each turns a :class:`Scene` into a :class:`Stage`.

To add one, write its module here and its words in ``lexicon/<family>.yaml``.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from render.engines.world import lexicon
from render.engines.world.scene import Scene

if TYPE_CHECKING:
    import numpy as np

    from render.engines.world.stage import Stage


class Build(Protocol):
    """What a family's module offers as ``build``."""

    def __call__(self, scene: Scene, *, rng: np.random.Generator, seconds: float) -> Stage:
        """Lay out the scene so that something goes on for ``seconds`` of its own; all variety comes from ``rng``."""
        ...


FAMILIES: tuple[str, ...] = tuple(
    sorted({module.name for module in pkgutil.iter_modules(__path__)} & set(lexicon.names()))
)
"""Names of the families that have both a module and words."""
FALLBACK = "objects"
"""Stands in for whatever no family can show."""
PLACE = "establishing"
"""Shows a place that a prompt names and where nothing happens that a family can show."""


def build(scene: Scene, *, seed: int, seconds: float) -> Stage:
    """The stage of a scene, with its weather, tempo, title and sounds; always the same for a scene, seed and length.

    ``seconds`` are those of the film; styles and sizes of the picture do not matter.
    """
    import numpy as np

    from render.engines.world.places import weather

    family: Build = importlib.import_module(f"{__name__}.{scene.family}").build
    take = hashlib.sha256("\n".join((scene.family, *scene.others)).encode()).digest()
    rng = np.random.default_rng([seed % 2**63, *take[:8]])
    stage = weather.upon(family(scene, rng=rng, seconds=seconds * scene.tempo), scene, rng=rng)
    return replace(
        stage,
        tempo=stage.tempo * scene.tempo,
        title=scene.title or stage.title,
        ambience=tuple(dict.fromkeys((*stage.ambience, *scene.sounds))),
    )
