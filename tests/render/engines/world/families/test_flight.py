import math
from dataclasses import replace

import pytest

from render.engines.world import physics
from render.engines.world.families import flight
from render.engines.world.materials import Material
from render.engines.world.stage import Launch, Shape, Solid


def drawn(costs):
    """Throws in a row, their prices, and how many were drawn."""
    launches = [Launch(time=float(k), position=(0.0, 0.0, 0.0)) for k in range(len(costs))]
    waiting = iter(launches)
    return lambda: next(waiting), lambda launch: costs[int(launch.time)]


@pytest.mark.parametrize(
    ("costs", "taken"),
    [
        ([3.0, 1.0, 0.0, 9.0], 1.0),
        ([5.0, 3.0, 4.0, 0.0], 1.0),
        ([math.inf] * 40 + [7.0, 0.0], 40.0),
    ],
)
def test_the_first_cheap_throw_is_taken_else_the_cheapest_else_the_next_that_does_it(costs, taken):
    assert flight.best(*drawn(costs), tries=3, enough=1.5).time == taken


def test_a_throw_that_never_turns_out_as_wanted_is_not_shown():
    with pytest.raises(ValueError, match="none of 100 throws"):
        flight.best(*drawn([math.inf] * 200), tries=3, enough=1.0)


@pytest.mark.parametrize("others", [0, 7, 11, 23])
@pytest.mark.parametrize("tempo", [0.25, 2.0])
@pytest.mark.parametrize("fps", [24, 25, 60])
def test_a_throw_turns_out_in_the_film_as_it_was_tried(others, tempo, fps):
    launch = Launch(time=0.0, position=(0.0, 0.0, 0.2), velocity=(2.0, 0.0, -3.0), spin=(0.0, 30.0, 0.0))
    ball = Solid(
        name="ball", shape=Shape.SPHERE, size=(0.0335,), substance="tennis ball", material=Material(), launch=launch
    )
    tried = flight.attempt(ball, (), floor="ground", seconds=0.2, others=others, tempo=tempo)
    more = [replace(ball, name=f"ball {k}", launch=replace(launch, time=9.0)) for k in range(others)]
    frames = round(0.2 * fps / tempo) + 1
    film = physics.simulate([ball, *more], floor="ground", frames=frames, fps=fps, tempo=tempo)
    assert film.contacts[0] == tried.contacts[0]
