"""The campaign that the documentation and the demo run on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from render import contracts, manifest
from render.checks import policy
from render.model import Outcome
from render.store.quarantine import Faults

EXAMPLES = Path(__file__).parents[3] / "examples"
PHYSICS = (
    "A gymnast performs a perfect vault, lands awkwardly, and stumbles to regain balance",
    "A basketball player misses a three-pointer, the ball hits the backboard and bounces realistically",
    "A skateboarder attempts a kickflip, fails the landing due to poor timing",
    "Ocean waves interact with rocky coastline in a physically accurate manner",
)


def test_the_committed_manifest_is_the_expansion_of_the_brief() -> None:
    assert pq.read_table(EXAMPLES / "spring_campaign.parquet").equals(
        manifest.expand(EXAMPLES / "spring_campaign.yaml")
    )


@pytest.mark.slow
def test_it_holds_good_rows_a_duplicate_and_three_malformed_ones() -> None:
    [piece] = manifest.rows(manifest.files(EXAMPLES / "spring_campaign.parquet"))
    rows = list(contracts.to_rows(piece.good))
    assert [(fault.column, fault.value) for fault in Faults(piece.faults)] == [
        ("prompt", ""),
        ("seconds", "-3"),
        ("style", "vaporwave"),
    ]
    assert piece.count >= 14
    assert {(row.width, row.height, row.fps, row.duration_ms) for row in rows} == {(640, 360, 24, 4000)}
    asked = Counter((row.prompt, row.style) for row in rows)
    assert sorted(asked.values()) == [1] * 10 + [2]
    refused = [row for row in rows if policy.judge_prompt(policy.load(row.policy), row).outcome is Outcome.REJECT]
    assert [row.variant for row in refused] == ["shock"]
    for prompt in PHYSICS:
        assert {style for asked_for, style in asked if asked_for == prompt} == {"realistic", "cinematic"}
