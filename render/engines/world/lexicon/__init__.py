"""The words that the reader knows, as data: ``common.yaml`` for all families, ``<family>.yaml`` for each.

Words are lower-case lemmas or phrases of them; a hyphen counts as a space. To let the reader understand more words, add
them to a file here. Only what is really seen or heard may stand under ``same``, ``subjects``, ``actions`` or ``shown``.
"""

from __future__ import annotations

import functools
import itertools
from importlib import resources
from typing import Annotated, Generic, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from render.engines.world import yaml_text

COMMON = "common"
SUFFIX = ".yaml"

Trait = Literal[
    "colours", "materials", "sizes", "speeds", "counts", "settings", "floors", "light", "weather",
    "framing", "angle", "move", "tempo", "mood", "sounds", "style", "title", "label", "timing",
]  # fmt: skip
"""What a prompt may say of any scene beside its subjects and actions; ``timing`` is when something happens, ``label``
a text on a thing."""
UNWORDED = frozenset({"title", "label", "timing"})
"""Traits that no word list stands for: text in quotes, and times."""
TRAITS: tuple[Trait, ...] = get_args(Trait)


def plain(phrase: str) -> str:
    """A word or phrase as it is looked up: lower case, single spaces for hyphens."""
    return " ".join(phrase.lower().replace("-", " ").split())


def _word(text: str) -> str:
    if not text.strip() or text != text.lower():
        raise ValueError(f"{text!r} must be a word or a phrase in lower case")
    return plain(text)


Word = Annotated[str, AfterValidator(_word)]
Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Value = TypeVar("Value")
Kind = TypeVar("Kind", bound=_Part)


class Meanings(_Part, Generic[Value]):
    """Words by what they mean for one trait."""

    same: dict[Value, tuple[Word, ...]] = {}
    """Words that say just this."""
    near: dict[Value, tuple[Word, ...]] = {}
    """Words for which this is shown although they say something else."""

    @property
    def words(self) -> frozenset[str]:
        """All of them."""
        return frozenset(word for table in (self.same, self.near) for row in table.values() for word in row)

    @property
    def values(self) -> frozenset[Value]:
        """All that the words may mean."""
        return frozenset((*self.same, *self.near))

    def name(self, value: Value) -> str:
        """The word by which a value is called."""
        return next(iter(self.same.get(value, ())), str(value))


class Common(_Part):
    """What holds for every family."""

    honours: frozenset[Trait]
    """Traits that the engine shows in whatever family."""
    groups: dict[Text, tuple[Text, ...]]
    """Names that stand for others in ``needs`` and ``unless`` of the families."""
    colours: Meanings[Text]
    """Names in :data:`render.engines.world.materials.COLOURS`."""
    materials: Meanings[Text]
    """Names in :data:`render.engines.world.materials.MATERIALS`."""
    sizes: Meanings[PositiveFloat]
    """Times the usual size."""
    speeds: Meanings[PositiveFloat]
    """Times the usual speed."""
    counts: Meanings[PositiveInt]
    settings: Meanings[Text]
    """Names in :data:`render.engines.world.places.PLACES`."""
    floors: Meanings[Text]
    """Names in :data:`render.engines.world.places.floors.FLOORS`."""
    light: Meanings[Text]
    """Names in :data:`render.engines.world.light.LIGHTS`."""
    weather: Meanings[Text]
    framing: Meanings[Text]
    """A :class:`render.engines.world.shot.Framing` each."""
    angle: Meanings[Text]
    """A :class:`render.engines.world.shot.Angle` each."""
    move: Meanings[Text]
    """A :class:`render.engines.world.shot.Move` each."""
    tempo: Meanings[PositiveFloat]
    """Seconds of the scene in a second of the film."""
    mood: Meanings[Text]
    sounds: Meanings[Text]
    """Names in :data:`render.engines.world.sound.ambience.AMBIENCES`."""
    style: Meanings[Text]
    """Names in :data:`render.engines.world.styles.STYLES`: a job has its style by itself, and no prompt changes it."""
    absent: tuple[Word, ...]
    """What no family shows, so that a prompt that forbids it is obeyed."""
    left_out: tuple[Word, ...]
    """What places have that is left out of them for a prompt that forbids it."""
    landmarks: tuple[Word, ...]
    """Names of what no family builds that hold a word for what one does: each is one phrase and nothing shows it."""
    title_words: tuple[Word, ...]
    """How a title in quotes may be called."""
    always: tuple[Word, ...]
    """Words that hold for whatever is simulated."""
    still: tuple[Word, ...]
    """Words for what does not move."""
    negations: tuple[Word, ...]
    stop: tuple[Word, ...]
    """Words without content."""
    definite: tuple[Word, ...]
    """Stop words before something that was named already."""
    plurals: tuple[Word, ...]
    """Nouns that mean several things as they stand in the lexicon, unless "a" stands before them."""
    decoys: tuple[Word, ...]
    """What nothing shows, so that the sentence model may find a word nearer to it than to what is shown."""

    def meanings(self, trait: Trait) -> Meanings:
        """The words of a trait."""
        return Meanings() if trait in UNWORDED else getattr(self, trait)


class Family(_Part):
    """What one family knows."""

    title: Text
    """One line for people."""
    words: dict[Word, Annotated[float, Field(ge=0)]]
    """How strongly a word speaks for the family; 1.0 asks for it. It need not be shown."""
    decides: tuple[tuple[Word, ...], ...] = ()
    """Lists of words: a prompt with one of each asks for the family more than any single word does for another."""
    bars: tuple[Word, ...] = ()
    """Words with which a prompt asks for what it cannot show, whatever else is said."""
    subjects: dict[Word, Text] = {}
    """A noun and the kind that the family's ``build`` knows it by."""
    actions: dict[Word, Text] = {}
    """A word and the action that the family's ``build`` knows it by."""
    settings: tuple[Text, ...] = ()
    """Places that it can stand in; the first is its own."""
    honours: frozenset[Trait] = frozenset()
    """Traits that it shows beside those of ``common.yaml``; ``counts`` and ``settings`` follow from their fields."""
    most: PositiveInt = 1
    """How many of its subjects it can show."""
    shown: tuple[Word, ...] = ()
    """Other words that it does show or sound."""
    near: dict[Word, Text] = {}
    """Words shown by something near them: a kind, an action, or how one would call it."""
    needs: dict[Text, tuple[Text, ...]] = {}
    """What is shown only beside one of others: kinds, actions, settings, words of ``shown``, or groups of them."""
    unless: dict[Text, tuple[Text, ...]] = {}
    """What is not shown beside any of others, named in the same way."""
    counted: dict[Text, tuple[PositiveInt, PositiveInt]] = {}
    """How many of a kind it can show, least and most, where that is not one to ``most``."""
    unseen: dict[Text, frozenset[Trait]] = {}
    """Traits of which nothing is seen on a kind, though they are on others."""
    plain: tuple[Text, ...] = ()
    """Kinds that show one colour only: the one that is named first."""
    parts: dict[Text, tuple[Text, ...]] = {}
    """Kinds that are made up of others: what is said of one is shown only where its parts are not said to be other."""
    likened: dict[Text, dict[Text, Text]] = {}
    """Materials of which a kind is only like, and by what it is."""
    contents: dict[Word, Text] = {}
    """What a thing may hold, and the colour that it gives to it unless the prompt names one."""
    left_off: dict[Text, tuple[Text, ...]] = {}
    """Kinds that are left out for a prompt that forbids them, and of what."""
    happens: tuple[Word, ...] = ()
    """What every take shows, actions or words, but for ``unless``: a prompt that denies it is only stood in for."""
    spared: dict[Word, Word] = {}
    """Words that deny something of ``happens``, and what: "intact" that it breaks."""
    first: tuple[tuple[Text, ...], ...] = ()
    """Kinds of which only the one that a prompt names first is shown."""
    one: tuple[Text, ...] = ()
    """Kinds of which "a ball" is one: the others come again and again as long as the clip lasts."""
    plural: PositiveInt | None = None
    """How many "boats" are where the family shows one unless more are asked for."""

    @property
    def phrases(self) -> frozenset[str]:
        """All words of the family."""
        return frozenset(
            {
                *self.words,
                *itertools.chain(*self.decides),
                *self.bars,
                *self.subjects,
                *self.actions,
                *self.shown,
                *self.near,
                *self.contents,
                *self.happens,
                *self.spared,
            }
        )

    @property
    def holders(self) -> frozenset[str]:
        """Kinds that may hold something."""
        return frozenset({self.near.get(word) or self.subjects.get(word, "") for word in self.contents} - {""})

    def limits(self, kind: str) -> tuple[int, int]:
        """How many of a kind can be seen, least and most."""
        return self.counted.get(kind, (1, self.most))

    def can_show(self, kind: str, number: int) -> bool:
        """Whether so many of a kind can be seen."""
        least, most = self.limits(kind)
        return least <= number <= most


class Lexicon(_Part):
    """All words."""

    common: Common
    families: dict[str, Family]


def names() -> tuple[str, ...]:
    """The families that have words, sorted."""
    files = (file.name for file in resources.files(__name__).iterdir())
    found = (name.removesuffix(SUFFIX) for name in files if name.endswith(SUFFIX))
    return tuple(sorted(name for name in found if name != COMMON))


@functools.cache
def load() -> Lexicon:
    """The lexicon of the package, read once. Raises :class:`ValueError` that names the file, the key and the fault."""
    common = parse(_text(COMMON), Common, source=COMMON + SUFFIX)
    families = {name: parse(_text(name), Family, source=name + SUFFIX) for name in names()}
    return Lexicon(
        common=common,
        families={
            name: known.model_copy(
                update={
                    "needs": _ungrouped(known.needs, common.groups),
                    "unless": _ungrouped(known.unless, common.groups),
                }
            )
            for name, known in families.items()
        },
    )


def _ungrouped(beside: dict[str, tuple[str, ...]], groups: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Lists in which each group's name has given way to its members."""
    return {
        what: tuple(itertools.chain.from_iterable(groups.get(name, (name,)) for name in others))
        for what, others in beside.items()
    }


def parse(text: str, kind: type[Kind], *, source: str) -> Kind:
    """One file of the lexicon from its text. Raises :class:`ValueError` as :func:`load` does."""
    try:
        return kind.model_validate(yaml_text.read(text))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ValueError(f"The lexicon's {source} is not valid: {faults}.") from error
    except ValueError as error:
        raise ValueError(f"The lexicon's {source} cannot be read: {error}.") from error


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name + SUFFIX).read_text(encoding="utf-8")
