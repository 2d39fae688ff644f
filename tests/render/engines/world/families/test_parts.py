import pytest

from render.engines.world.families import parts
from render.engines.world.materials import COLOURS
from render.engines.world.scene import Subject

USUAL = (0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    ("subject", "paint"),
    [
        (Subject(kind="ball", colours=("red", "blue")), COLOURS["red"]),
        (Subject(kind="ball"), USUAL),
        (None, USUAL),
    ],
)
def test_a_thing_is_painted_as_the_prompt_says_or_as_usual(subject, paint):
    assert parts.paint(subject, USUAL) == paint
    assert parts.paint(subject, None) == (None if paint == USUAL else paint)
