import math

import pytest

from render.engines.world.families import flight
from render.engines.world.stage import Launch


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
