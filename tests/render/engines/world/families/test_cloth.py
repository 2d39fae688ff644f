"""Where cloth hangs."""

import numpy as np

from render.engines.world import families
from render.engines.world.scene import Scene, Subject


def built(setting, seed=1):
    scene = Scene(family="cloth", subjects=(Subject(kind="curtain"),), setting=setting)
    return families.build(scene, seed=seed, seconds=2.0)


def test_curtains_hang_before_the_window_of_a_room():
    for seed in range(4):
        stage = built("", seed)
        [window] = [solid for solid in stage.solids if solid.name == "window frame"]
        names = {solid.name for solid in stage.solids}
        assert "rod" in names
        assert not {"stands", "curtains"} & names, "they hang on the wall, and the room's own are gone"
        points = np.concatenate([cloth.rest.reshape(-1, 3) for cloth in stage.cloths])
        assert points[:, 0].min() < window.position[0] < points[:, 0].max()
        assert (window.position[1] - points[:, 1]).min() > 0.05, "none of them is in the wall"
        assert np.all(np.abs(stage.shot.points.mean(0)[:2] - window.position[:2]) < 0.5), "the camera looks there"


def test_where_there_is_no_window_they_hang_between_stands():
    assert {"rod", "stands"} <= {solid.name for solid in built("meadow").solids}
