"""What a prompt asks for, as data: the scene before anything is built."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What became of each content word of a prompt, in order of first appearance."""

    understood: tuple[str, ...] = ()
    approximated: tuple[str, ...] = ()
    """``"word → by what"``."""
    ignored: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of the content words understood or approximated, 0 to 1; 0 for a prompt without any."""
        kept = len(self.understood) + len(self.approximated)
        return kept / (kept + len(self.ignored)) if kept else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One structured scene."""

    family: str
    """A name in :data:`render.engines.world.families.FAMILIES`."""
    fallback: bool = False
    """True when the family stands in for something that cannot be built yet."""
    subjects: tuple[str, ...] = ()
    """Nouns of the family's own vocabulary ("bottle", "crate"), in order of appearance."""
    count: int | None = None
    """How many of the first subject; None when the prompt does not say."""
    colours: tuple[str, ...] = ()
    """Names in :data:`render.engines.world.materials.COLOURS`, in order of appearance."""
    light: str = "day"
    """A name in :data:`render.engines.world.light.LIGHTS`."""
    others: tuple[str, ...] = ()
    """Words of which the fields above say nothing. With the seed they make the take: prompts that differ only in
    colour, light, number or subject show the same one."""
    words: Words = field(default_factory=Words)
