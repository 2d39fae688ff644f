"""A scene as YAML: printed, kept, edited by hand, and given instead of a prompt.

The document holds the fields of :class:`Scene` that differ from their defaults, all but ``words``, which tell of a
prompt. Reading is strict: an unknown key, a value of the wrong kind and what the family cannot show are faults.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from render.engines.world import lexicon, yaml_text
from render.engines.world.families import FAMILIES
from render.engines.world.lexicon import Family, Trait
from render.engines.world.reading.cast import FIELDS
from render.engines.world.reading.meaning import honours, is_seen
from render.engines.world.scene import Scene, Subject, Words
from render.errors import InputError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

LONGEST = 20_000
"""Characters of a document."""
MANY = 2000
"""Entries of a list."""
LONGEST_TEXT = 4000
"""Characters of a value."""
SCALES = (0.05, 20.0)
"""Least and greatest size, speed and tempo."""
LONGEST_TIME = 3600.0
"""Seconds."""


class SceneError(InputError):
    """A document that is no scene; the message names the key and what to change."""


def plain(scene: Scene) -> dict[str, Any]:
    """What the document of a scene holds, as mappings, lists, numbers and text."""
    return {key: value for key, value in _differing(scene).items() if key != "words"}


def dump(scene: Scene) -> str:
    """The document of a scene."""
    import yaml

    return yaml.safe_dump(plain(scene), sort_keys=False, allow_unicode=True, width=110)


def parse(text: str) -> Scene:
    """The scene of a document, without words. Raises :class:`SceneError` that names every fault."""
    from pydantic import ValidationError

    if len(text) > LONGEST:
        raise SceneError(f"The scene is longer than {LONGEST:,} characters. Shorten it.")
    try:
        document = yaml_text.read(text)
    except ValueError as error:
        raise SceneError(f"The scene cannot be read: {error}.") from error
    try:
        scene = _adapter().validate_python(document)
    except ValidationError as error:
        found = (f"{_place(fault['loc'])}: {_told(fault)}" for fault in error.errors())
        raise SceneError(f"The scene is not valid. {'; '.join(found)}.") from error
    if faults := list(_faults(scene)):
        raise SceneError(f"The scene is not valid. {'; '.join(faults)}.")
    return scene


@functools.cache
def _adapter() -> TypeAdapter[Scene]:
    from pydantic import TypeAdapter

    return TypeAdapter(Scene)


def _differing(part: Any) -> dict[str, Any]:
    """Fields that are not at their default, as plain lists, mappings, numbers and text."""
    made: dict[str, Any] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value != default:
            made[field.name] = _as_plain(value)
    return made


def _as_plain(value: Any) -> Any:
    if is_dataclass(value):
        return _differing(value)
    return [_as_plain(item) for item in value] if isinstance(value, tuple) else value


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "the scene"


def _told(fault: Mapping[str, Any]) -> str:
    """A fault of pydantic in words of the document."""
    if fault["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        return f"there is no such key; known here are {', '.join(_keys(fault['loc']))}"
    if fault["type"] in {"missing", "missing_argument", "missing_keyword_only_argument"}:
        return "it is missing; write it"
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, not {str(fault['input'])[:40]!r}"


def _keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand where a fault's key stands."""
    from render.engines.world.scene import Action, CameraWish, Subject

    kind = (
        {"subjects": Subject, "actions": Action, "camera": CameraWish}.get(str(location[0])) if location[1:] else None
    )
    return [field.name for field in fields(kind or Scene) if field.name != "words"]


def _faults(scene: Scene) -> Iterator[str]:
    """What the family cannot show, or nothing can."""
    if scene.family not in FAMILIES:
        yield _unknown("family", scene.family, FAMILIES)
        return
    family, common = lexicon.load().families[scene.family], lexicon.load().common
    if scene.words != Words():
        yield "words: they tell of a prompt; leave them out"
    yield from _lengths(asdict(scene))
    if scene.setting:
        yield from _one("setting", scene.setting, family.settings)
    if scene.floor:
        yield from _one("floor", scene.floor, common.floors.values)
    for number, subject in enumerate(scene.subjects):
        at = f"subjects.{number}"
        if subject.kind:
            yield from _one(f"{at}.kind", subject.kind, set(family.subjects.values()))
        if subject.material:
            yield from _one(f"{at}.material", subject.material, common.materials.values)
        for colour in subject.colours:
            yield from _one(f"{at}.colours", colour, common.colours.values)
        yield from _scale(f"{at}.size", subject.size)
        yield from _scale(f"{at}.speed", subject.speed)
    yield from _unseen(scene, family)
    yield from _numbers(scene, family)
    for number, action in enumerate(scene.actions):
        yield from _one(f"actions.{number}.name", action.name, set(family.actions.values()))
        if action.subject:
            yield from _one(f"actions.{number}.subject", action.subject, set(family.subjects.values()))
        if action.at is not None and not 0 <= action.at <= LONGEST_TIME:
            yield f"actions.{number}.at: {action.at:g} is no time from 0 to {LONGEST_TIME:g} s"
    for trait in ("framing", "angle", "move"):
        if wish := getattr(scene.camera, trait):
            yield from _one(f"camera.{trait}", wish, common.meanings(trait).values)
    yield from _scale("tempo", scene.tempo)
    yield from _one("light", scene.light, {*common.light.values, "day"})
    for trait in ("weather", "mood"):
        if said := getattr(scene, trait):
            yield from _one(trait, said, common.meanings(trait).values)
    for sound in scene.sounds:
        yield from _one("sounds", sound, common.sounds.values)


def _unseen(scene: Scene, family: Family) -> Iterator[str]:
    """Traits of which the family shows nothing."""
    plain = Subject(kind="")
    for number, subject in enumerate(scene.subjects):
        thing = f" on {subject.kind[:40]!r}" if subject.kind else ""
        for trait, name in FIELDS.items():
            if getattr(subject, name) != getattr(plain, name) and not is_seen(family, subject.kind, trait):
                yield f"subjects.{number}.{name}: nothing of it is seen{thing} in {scene.family}; leave it out"
        for name in FIELDS.values():
            others = (other for other in scene.subjects if other.kind in family.parts.get(subject.kind, ()))
            own = next((other.kind for other in others if getattr(other, name) != getattr(plain, name)), "")
            if own and name != "count" and getattr(subject, name) != getattr(plain, name):
                yield f"subjects.{number}.{name}: each {own!r} has its own; leave it out"
    for subject in scene.subjects:
        if scene.label and honours(family, "label") and not is_seen(family, subject.kind, "label"):
            yield f"label: nothing of it is seen on {subject.kind!r} in {scene.family}; leave it out"
    for kind in family.plain:
        if len({colour for subject in scene.subjects if subject.kind == kind for colour in subject.colours}) > 1:
            yield f"subjects: {kind!r} shows one colour only in {scene.family}; name one"
    wholes: dict[str, Trait] = {
        "label": "label",
        "floor": "floors",
        "light": "light",
        "weather": "weather",
        "mood": "mood",
    }
    plain = Scene(family=scene.family)
    for name, trait in wholes.items():
        if getattr(scene, name) != getattr(plain, name) and not honours(family, trait):
            yield f"{name}: {scene.family} does not show it; leave it out"


def _numbers(scene: Scene, family: Family) -> Iterator[str]:
    """Kinds of which there are fewer or more than the family can show, and more things than it can show together."""
    kinds = dict.fromkeys(subject.kind for subject in scene.subjects)
    for kind in kinds:
        alike = [number for number, subject in enumerate(scene.subjects) if subject.kind == kind]
        counts = [scene.subjects[number].count for number in alike]
        many = sum(1 if count is None else count for count in counts)
        least, most = family.limits(kind)
        least = 1 if None in counts else least
        if not least <= many <= most or any(count is not None and count < 1 for count in counts):
            room = f"from {least} to {most}" if least < most else str(most)
            at, be = (f"subjects.{alike[0]}.count", "is") if len(alike) == 1 else ("subjects", f"of {kind!r} are")
            yield f"{at}: {many} {be} not {room}, which is what {scene.family} can show"
    together = sum(subject.count or 0 for subject in scene.subjects)
    if len(kinds) > 1 and together > family.most:
        yield f"subjects: {together} things are more than the {family.most} that {scene.family} can show; ask for fewer"


def _lengths(value: Any, at: str = "") -> Iterator[str]:
    if isinstance(value, str) and (len(value) > LONGEST_TEXT or not value.isprintable()):
        yield f"{at}: it is longer than {LONGEST_TEXT} characters or holds a control character"
    if isinstance(value, list | tuple):
        if len(value) > MANY:
            yield f"{at}: it holds more than {MANY} entries"
        value = dict(enumerate(value[:MANY]))
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _lengths(item, f"{at}.{key}" if at else str(key))


def _one(at: str, value: str, known: Collection[Any]) -> Iterator[str]:
    if value not in known:
        yield _unknown(at, value, known)


def _unknown(at: str, value: str, known: Collection[Any]) -> str:
    names = ", ".join(sorted(map(str, known)))
    return f"{at}: there is no {value[:40]!r} here; " + (f"use one of {names}" if names else "leave it out")


def _scale(at: str, value: float) -> Iterator[str]:
    least, most = SCALES
    if not (math.isfinite(value) and least <= value <= most):
        yield f"{at}: {value:g} is not from {least:g} to {most:g}"
