"""What a prompt asks for, as data: the scene before anything is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

BACKDROP = "backdrop"
"""The kind of a subject that says how a studio's paper is coloured."""
STRICT = {"extra": "forbid"}
"""For pydantic: a document of a scene may hold no key that is not a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What became of each content word of a prompt, in order of first appearance."""

    __pydantic_config__: ClassVar = STRICT

    understood: tuple[str, ...] = ()
    approximated: tuple[str, ...] = ()
    """``"word → by what"``."""
    ignored: tuple[str, ...] = ()
    share: float = 0.0
    """How much of the content words is shown, 0 to 1: one that something near it stands for counts half; 0 for a prompt
    without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing, or several alike, that the scene is about."""

    __pydantic_config__: ClassVar = STRICT

    kind: str
    """A noun of the family's own lexicon ("bottle", "crate"); empty for whatever the family shows."""
    count: int | None = None
    """None when the prompt does not say."""
    colours: tuple[str, ...] = ()
    """Names in :data:`render.engines.world.materials.COLOURS`."""
    material: str = ""
    """A name in the lexicon's materials ("wood", "steel"); empty for what the thing usually is made of."""
    size: float = 1.0
    """Times the usual size."""
    speed: float = 1.0
    """Times the usual speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that happens."""

    __pydantic_config__: ClassVar = STRICT

    name: str
    """A verb of the family's own lexicon ("swish", "topple")."""
    subject: str = ""
    """The kind of subject that does it; empty when the prompt does not say."""
    at: float | None = None
    """Seconds; None for when the family finds it natural, in the order of the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraWish:
    """What the prompt says of the camera; empty strings leave it to the family and the style."""

    __pydantic_config__: ClassVar = STRICT

    framing: str = ""
    """A :class:`render.engines.world.shot.Framing`."""
    angle: str = ""
    """A :class:`render.engines.world.shot.Angle`."""
    move: str = ""
    """A :class:`render.engines.world.shot.Move`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One structured scene."""

    __pydantic_config__: ClassVar = STRICT

    family: str
    """A name in :data:`render.engines.world.families.FAMILIES`."""
    fallback: bool = False
    """True when the family stands in for something that cannot be built yet."""
    setting: str = ""
    """A place ("gym", "street"); empty for the family's own."""
    floor: str = ""
    """What is underfoot, a name in :data:`render.engines.world.places.floors.FLOORS`; empty for the place's own."""
    subjects: tuple[Subject, ...] = ()
    """In order of appearance; the first is what the scene is about, others are props."""
    actions: tuple[Action, ...] = ()
    camera: CameraWish = CameraWish()
    tempo: float = 1.0
    """Seconds of the scene in a second of the film: below 1 for slow motion."""
    light: str = "day"
    """A name in :data:`render.engines.world.light.LIGHTS`."""
    weather: str = ""
    """"rain", "snow", "fog", "wind", "storm"; empty for fair weather."""
    mood: str = ""
    """"calm", "dramatic", "playful" …; empty when the prompt does not say."""
    sounds: tuple[str, ...] = ()
    """Ambiences asked for by name ("crowd", "birds")."""
    title: str = ""
    """Text in quotes, to be shown."""
    label: str = ""
    """Text in quotes on the product beside a title; empty for the title's own."""
    without: tuple[str, ...] = ()
    """What the prompt says must not be there."""
    others: tuple[str, ...] = ()
    """Words of which the fields above say nothing. With the seed they make the take: prompts that differ only in
    colour, light, number or subject show the same one."""
    words: Words = field(default_factory=Words)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that the prompt names, in order."""
        return tuple(subject.kind for subject in self.subjects if subject.kind)

    @property
    def count(self) -> int | None:
        """How many of the first subject; None when the prompt does not say."""
        return self.subjects[0].count if self.subjects else None

    @property
    def colours(self) -> tuple[str, ...]:
        """All colours of the subjects but of the backdrop, each once."""
        things = (subject for subject in self.subjects if subject.kind != BACKDROP)
        return tuple(dict.fromkeys(colour for subject in things for colour in subject.colours))
