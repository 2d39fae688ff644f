"""The clock of a clip's stages."""

from __future__ import annotations

import time

import pytest

from render.telemetry.stages import Stages


def test_a_stage_that_is_left_and_taken_up_again_counts_its_own_time_only() -> None:
    """Two stages that stream into each other: each has the time spent in it, and the span of all its pieces."""
    clock = Stages()
    for item in clock.drawn("render", iter("ab")):
        with clock.stage("encode"):
            time.sleep(0.02)
        assert item in "ab"
    with pytest.raises(ValueError, match="no"), clock.stage("mux"):
        raise ValueError("no")
    found = clock.spells()
    assert list(found) == ["render", "encode", "mux"]
    assert found["render"].seconds < 0.02 < 0.04 <= found["encode"].seconds
    assert (found["render"].ended_ns - found["render"].began_ns) / 1e9 >= 0.04
    assert clock.began_ns <= found["render"].began_ns <= found["encode"].began_ns <= found["mux"].began_ns


def test_what_came_before_the_first_item_belongs_to_it() -> None:
    clock = Stages()
    time.sleep(0.02)
    clock.so_far("render")
    with clock.stage("render"):
        time.sleep(0.02)
    assert clock.spells()["render"].seconds >= 0.04
    assert clock.spells()["render"].began_ns == clock.began_ns
