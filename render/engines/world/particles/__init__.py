"""Much that is small, soft or both: rain, snow, leaves, spray, splashes, dust, smoke and fire.

Each function gives a :class:`render.engines.world.stage.Particles` whose cloud can be asked for any time in any order.
Nothing is stepped: every way is a closed formula of time, so a cloud costs about 0.1 to 0.4 µs a particle.
"""

from render.engines.world.particles.burning import fire, smoke
from render.engines.world.particles.bursts import Impact, dust, landings, splash, spray
from render.engines.world.particles.falling import leaves, rain, snow

__all__ = ["Impact", "dust", "fire", "landings", "leaves", "rain", "smoke", "snow", "splash", "spray"]
