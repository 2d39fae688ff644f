"""What DAGs share beside the tasks."""

from __future__ import annotations

from render.orchestration import chain


def test_the_night_gives_way_to_other_dags() -> None:
    night, others = chain.NIGHTLY_ARGS, chain.DEFAULT_ARGS
    assert night["priority_weight"] < others["priority_weight"]
    assert night["weight_rule"] == others["weight_rule"] == "absolute"
