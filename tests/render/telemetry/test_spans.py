"""The tree of spans, which many processes make together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from otlp import Collector

from render import errors
from render.telemetry import export, spans


def test_a_batchs_own_span_is_where_everybody_hangs_his(taken: Collector) -> None:
    """The parent is known before the span is sent, and after, in whatever process; another batch has another."""
    began, ended = datetime(2026, 11, 29, 2, tzinfo=UTC), datetime(2026, 11, 29, 3, tzinfo=UTC)
    with pytest.raises(ValueError, match="no"), spans.span("plan", parent=spans.of_batch("s", "b"), batch="b"):
        raise ValueError("no")
    spans.finish_batch("s", "b", began=began, ended=ended, attributes={"nightreel.rows.failed": 2})
    export.flush(10)
    plan, batch = taken.spans
    assert (batch.name, batch.parent, batch.seconds, batch.failed) == ("batch", "", 3600.0, False)
    assert batch.attributes == {"nightreel.batch": "b", "nightreel.rows.failed": 2}
    assert (plan.trace, plan.parent, plan.failed) == (batch.trace, batch.id, True)
    assert spans.of_batch("s", "b") == f"00-{batch.trace}-{batch.id}-01"
    assert len({spans.of_batch("s", "b"), spans.of_batch("s", "c"), spans.of_batch("t", "b")}) == 3


def test_branches_end_when_they_are_told_or_with_the_block(taken: Collector) -> None:
    shards = spans.Branches("shard", parent=spans.of_batch("s", "b"))
    assert shards.of(1) == shards.of(1) != shards.of(2)
    shards.end(1)
    shards.end(7)
    with pytest.raises(errors.BatchStopped, match="Why"), shards:
        raise errors.BatchStopped("Why.")
    export.flush(10)
    assert [(span.attributes["nightreel.shard"], span.failed) for span in taken.spans] == [(1, False), (2, True)]


def test_what_is_not_sampled_is_not_sent_anywhere(taken: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sampler of the standard variables decides by the batch, for every process alike."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    parent = spans.of_batch("s", "b")
    assert parent.endswith("-00")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_on")
    with spans.span("plan", parent=parent):
        pass
    export.flush(10)
    assert taken.spans == []
