import pytest

from render.engines.world import materials
from render.engines.world.lexicon import load


def test_every_material_that_prompts_can_name_has_a_look():
    assert set(load().common.materials.same) <= set(materials.MATERIALS)


def test_a_tint_keeps_how_the_accent_stands_to_the_base():
    plain = materials.named("wood")
    blue = materials.named("wood", materials.COLOURS["blue"])
    assert blue.base == materials.COLOURS["blue"]
    assert blue.pattern == plain.pattern
    assert sum(blue.accent) / sum(blue.base) == pytest.approx(sum(plain.accent) / sum(plain.base))


def test_a_material_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no material 'cheese'.*brick.*wood"):
        materials.named("cheese")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("#FF6600", "orange"),
        ("#f00", "red"),
        ("#003366", "blue"),
        ("#ffffff", "white"),
        ("#000", "black"),
        ("#00aa33", "green"),
        ("#FF69B4", "pink"),
        ("#808080", "grey"),
        ("#8B4513", "brown"),
        ("#008080", "teal"),
        ("#800080", "purple"),
        ("#ffe000", "yellow"),
        ("#1DB954", "green"),
        ("#0a3d2a", "green"),
        ("#E60023", "red"),
        ("#111122", "black"),
    ],
)
def test_a_brands_colour_is_called_by_what_it_looks_like(code, name):
    assert materials.called(code) == name
