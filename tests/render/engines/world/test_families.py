from dataclasses import replace

import pytest

from render.engines.world import families
from render.engines.world.reading import read


@pytest.mark.parametrize("family", families.FAMILIES)
def test_tempo_title_and_sounds_hold_for_every_family(family):
    scene = replace(read(""), family=family, fallback=False)
    plain = families.build(scene, seed=1, seconds=2.0)
    stage = families.build(replace(scene, tempo=0.5, title="SALE", sounds=("birds",)), seed=1, seconds=2.0)
    assert stage.tempo == plain.tempo * 0.5
    assert stage.title == "SALE"
    assert stage.ambience == (*plain.ambience, "birds")


def test_slow_motion_shows_less_of_the_same_time():
    """The family lays out what the film shows: a quarter of the time holds fewer falls."""
    scene = read("balls fall")
    fast, slow = (families.build(replace(scene, tempo=tempo), seed=1, seconds=12.0) for tempo in (1.0, 0.25))
    launches = [max(solid.launch.time for solid in stage.solids if solid.launch) for stage in (fast, slow)]
    assert launches[1] < launches[0] / 2
