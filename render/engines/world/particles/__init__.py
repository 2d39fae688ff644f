"""Much that is small, soft or both: rain, snow, leaves, spray, splashes, dust, smoke and fire.

Each function gives a :class:`render.engines.world.stage.Particles` whose cloud can be asked for any time in any order.
Most is not stepped: its way is a closed formula of time, so a cloud costs about 0.1 to 0.4 µs a particle. Leaves, which
lie and fly by turns, are moved step by step for the length of a clip.
"""

from render.engines.world.particles.burning import fire, flame_height, smoke
from render.engines.world.particles.bursts import Impact, dust, splash, spray
from render.engines.world.particles.crown import crown
from render.engines.world.particles.drifting import AUTUMN, leaves
from render.engines.world.particles.falling import rain, snow

__all__ = [
    "AUTUMN",
    "Impact",
    "crown",
    "dust",
    "fire",
    "flame_height",
    "leaves",
    "rain",
    "smoke",
    "snow",
    "splash",
    "spray",
]
