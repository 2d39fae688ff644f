"""What a clip is estimated at, beside what clips were measured to spend."""

import pytest
from as_tables import of_rows

from render.engines import registry
from render.model import Row
from render.planning import forms, price


def estimate(engine, *, width=160, height=90, frames=48, usd_per_cpu_hour=0.0):
    row = Row(
        row=0, experiment="e", variant="a", prompt="A ball", engine=engine, width=width, height=height, fps=24,
        duration_ms=frames * 1000 // 24,
    )  # fmt: skip
    (form,) = forms.of(of_rows([row])).each
    return price.estimate(form, registry.capabilities(engine), usd_per_cpu_hour=usd_per_cpu_hour)


def test_a_cost_far_below_a_cent_keeps_its_digits():
    """A million small clips cost dollars: of one's price hardly anything may be rounded away."""
    small = estimate("testcard", usd_per_cpu_hour=0.03)
    assert small.cost_usd < 0.00001
    assert small.cost_usd == pytest.approx(small.cpu_seconds * 0.03 / 3600, rel=0.01)
