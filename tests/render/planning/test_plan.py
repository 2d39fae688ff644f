"""What the plan decides: refuse, reuse, duplicate or render, each with its reason."""

from dataclasses import replace

import as_tables
import pyarrow as pa
import pytest
import readable
from hypothesis import given, settings
from hypothesis import strategies as st

from render import contracts, errors
from render.engines import registry
from render.model import Decision, Job, PlannedRow, ReasonKind, Row, Shot
from render.planning import price
from render.planning.plan import plan
from render.store import tables

ROW = Row(row=0, experiment="e", variant="a", prompt="A ball falls", engine="testcard", width=64, height=64)


def planned(
    rows, *, made_by=None, withdrawn=None, reasons=None, usd_per_cpu_hour=0.0, jobs_per_shard=64, pieces=1
) -> list[PlannedRow]:
    whole = as_tables.of_rows(rows)
    size = max(1, -(-len(rows) // pieces))
    table = plan(
        [whole.slice(start, size).combine_chunks() for start in range(0, len(rows), size)],
        lookup=lambda keys: pa.array([(made_by or {}).get(key) for key in keys.to_pylist()], pa.string()),
        withdrawn=lambda keys: pa.array([(withdrawn or {}).get(key) for key in keys.to_pylist()], pa.string()),
        explain=lambda some, chosen: pa.array(
            [(reasons or {}).get(key) for key in some["fingerprint"].filter(chosen).to_pylist()], pa.string()
        ),
        media_revision="media-1",
        usd_per_cpu_hour=usd_per_cpu_hour,
        jobs_per_shard=jobs_per_shard,
    )
    assert table.schema.equals(contracts.load("plan").arrow_schema(), check_metadata=True)
    return list(tables.planned_rows(table))


def decisions(rows: list[PlannedRow]) -> list[Decision]:
    return [row.decision for row in rows]


def test_a_row_that_no_clip_serves_is_rendered():
    (row,) = planned([ROW])
    assert (row.decision, row.shard, row.why) == (Decision.RENDER, 0, "never rendered")
    assert row.job.fingerprint == row.fingerprint


def test_a_row_whose_engine_cannot_be_loaded_is_refused_and_stops_no_other(monkeypatch):
    known = registry.find
    missing = errors.EngineMissing("Engine 'sora' cannot be loaded: No module named 'sora'. Install its extra.")

    def find(name):
        if name == "sora":
            raise missing
        return known(name)

    monkeypatch.setattr(registry, "find", find)
    refused, good = planned([replace(ROW, engine="sora"), replace(ROW, row=1)])
    assert (refused.decision, good.decision) == (Decision.REFUSE, Decision.RENDER)
    assert refused.fault is not None
    assert (refused.fault.column, refused.fault.value, refused.fault.kind) == ("engine", "sora", ReasonKind.ENGINE)
    assert (refused.fault.reason, refused.fault.experiment) == (str(missing), "e")


def test_a_later_row_of_the_same_fingerprint_is_a_duplicate_in_the_same_shard():
    first, second = planned([ROW, replace(ROW, row=1, experiment="other")])
    assert second.decision is Decision.DUPLICATE
    assert (second.fingerprint, second.shard) == (first.fingerprint, first.shard)
    assert second.why == "same as row 0"
    assert second.estimate.cpu_seconds == 0


def test_a_committed_clip_is_reused_by_every_row_of_its_fingerprint():
    key = planned([ROW])[0].fingerprint
    rows = planned([ROW, replace(ROW, row=1)], made_by={key: "earlier"})
    assert decisions(rows) == [Decision.REUSE, Decision.REUSE]
    assert {row.why for row in rows} == {"rendered by batch earlier"}
    assert {row.shard for row in rows} == {None}


def test_a_job_says_how_it_differs_from_the_nearest_clip():
    key = planned([ROW])[0].fingerprint
    (row,) = planned([ROW], reasons={key: "engine revision changed"})
    assert row.why == "engine revision changed"


def test_a_price_above_the_rows_limit_is_refused_before_it_is_spent():
    rows = planned(
        [replace(ROW, prompt="another", max_cost=1e-9), replace(ROW, row=1, max_cost=100.0)], usd_per_cpu_hour=1.0
    )
    assert decisions(rows) == [Decision.REFUSE, Decision.RENDER]
    fault = rows[0].fault
    assert fault is not None
    assert (fault.column, fault.kind) == ("max_cost", ReasonKind.POLICY)
    assert "$" in fault.reason
    assert fault.fix


@pytest.mark.parametrize(
    ("cost", "limit", "said"),
    [
        (2.0, 0.5, ("$2.00", "$0.50")),
        (0.5, 1 / 3, ("$0.50", "$0.33")),
        (0.000102, 0.00003, ("$0.00010", "$0.00003")),
        (0.000034, 0.00003, ("$0.000034", "$0.000030")),
        (1.0004, 1.0003, ("$1.0004", "$1.0003")),
        (0.02, 0.0051, ("$0.020", "$0.005")),
        (0.0000122, 0.0, ("$0.00001", "$0.00000")),
    ],
)
def test_a_price_and_its_limit_are_told_with_digits_that_tell_them_apart(cost, limit, said):
    """Cents hide what a small clip costs: the limit keeps its size, and the two never read the same."""
    assert price.told_apart(cost, limit) == said


def test_the_reason_tells_the_price_and_the_limit():
    """A limit below a cent stands in the reason as it was given."""
    (row,) = planned([replace(ROW, max_cost=0.00003)], usd_per_cpu_hour=10.0)
    assert row.fault is not None
    cost, limit = price.told_apart(row.estimate.cost_usd, 0.00003)
    assert limit == "$0.00003"
    assert row.fault.reason == f"The clip is estimated at {cost}, above the row's limit of {limit}."


def test_a_row_that_costs_nothing_is_not_refused_for_its_price():
    mean, generous = replace(ROW, max_cost=1e-9), replace(ROW, row=1, max_cost=100.0)
    rows = planned([mean, generous], usd_per_cpu_hour=1.0)
    assert decisions(rows) == [Decision.DUPLICATE, Decision.RENDER]
    assert rows[0].why == "same as row 1"
    (reused,) = planned([mean], made_by={rows[0].fingerprint: "earlier"}, usd_per_cpu_hour=1.0)
    assert reused.decision is Decision.REUSE


def test_a_free_engine_passes_any_limit():
    assert decisions(planned([replace(ROW, max_cost=0.0)])) == [Decision.RENDER]


def test_a_row_beyond_the_engines_limits_is_refused():
    (row,) = planned([replace(ROW, duration_ms=10_000_000)])
    assert row.decision is Decision.REFUSE
    assert row.fault is not None
    assert (row.fault.column, row.fault.value) == ("seconds", "10000.0")


def test_urgent_jobs_come_in_earlier_shards_and_a_duplicate_lends_its_urgency():
    slow = [replace(ROW, row=i, prompt=f"ball {i}") for i in range(4)]
    urgent = replace(slow[3], row=4, priority=5)
    rows = planned([*slow, urgent], jobs_per_shard=1)
    assert rows[3].shard == 0
    assert [row.shard for row in rows[:3]] == [1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), max_size=40), st.integers(1, 8))
def test_every_row_is_decided_once_and_every_fingerprint_rendered_once(specs, jobs_per_shard):
    rows = [replace(ROW, row=i, seed=seed, priority=priority) for i, (seed, priority) in enumerate(specs)]
    result = planned(rows, jobs_per_shard=jobs_per_shard)
    assert [row.row for row in result] == rows
    rendered = [row.fingerprint for row in result if row.decision is Decision.RENDER]
    assert len(rendered) == len(set(rendered)) == len({row.seed for row in rows})
    shard_of = {row.fingerprint: row.shard for row in result if row.decision is Decision.RENDER}
    assert all(row.shard == shard_of[row.fingerprint] for row in result)


def test_the_job_carries_all_that_can_change_a_pixel():
    (row,) = planned([replace(ROW, negative_prompt="people", seed=3, fps=30, style="anime")])
    for field in set(Job.__dataclass_fields__) - {"fingerprint", "engine_revision"}:
        assert getattr(row.job, field) == getattr(row.row, field)


PROMPTS = ("A ball falls", "two balls", "A beheading", "b3heading", "béhèading", "b e h e a d i n g", "a child", "nude")
SCENES = ("", "family: objects\n", "label: a behead\\u0069ng\n", "a: [")
SPECS = st.builds(
    Row,
    row=st.just(0),
    experiment=st.sampled_from("ef"),
    variant=st.sampled_from("ab"),
    prompt=st.sampled_from(PROMPTS),
    negative_prompt=st.sampled_from(["", "A beheading"]),
    style=st.sampled_from(["anime", "oil"]),
    duration_ms=st.sampled_from([500, 501, 4000, 10_000_000]),
    width=st.just(64),
    height=st.just(64),
    fps=st.sampled_from([8, 24]),
    engine=st.sampled_from(["testcard", "testcard", "world", "none"]),
    seed=st.integers(0, 1),
    shots=st.sampled_from([(), (), (Shot(prompt="a", duration_ms=1), Shot(prompt="A beheading", duration_ms=1))]),
    scene=st.sampled_from(SCENES),
    priority=st.integers(-2, 2),
    max_cost=st.none() | st.sampled_from([0.0, 1e-6, 100.0]),
    tags=st.dictionaries(st.sampled_from("ab"), st.just("1")),
)


def test_a_clip_that_was_taken_down_is_neither_rendered_nor_reused():
    """Nor is another row of it, which would be its duplicate; a row that policy refuses stays refused."""
    key = planned([ROW])[0].fingerprint
    refused = replace(ROW, row=2, prompt="A beheading")
    rows = planned(
        [ROW, replace(ROW, row=1), refused, replace(ROW, row=3, seed=1)],
        made_by={key: "earlier"},
        withdrawn={key: "taken down on 2026-11-29 by ada: consent revoked"},
    )
    assert decisions(rows) == [Decision.WITHDRAWN, Decision.WITHDRAWN, Decision.REFUSE, Decision.RENDER]
    assert {row.why for row in rows[:2]} == {"taken down on 2026-11-29 by ada: consent revoked"}
    assert [(row.shard, row.estimate.cpu_seconds) for row in rows[:2]] == [(None, 0.0)] * 2


@settings(max_examples=40)
@given(
    specs=st.lists(SPECS, max_size=30),
    made=st.sets(st.integers(0, 29)),
    gone=st.sets(st.integers(0, 29)),
    usd=st.sampled_from([0.0, 1.0]),
    jobs_per_shard=st.integers(1, 4),
    pieces=st.integers(1, 3),
)
def test_the_plan_by_columns_is_the_plan_told_row_by_row(specs, made, gone, usd, jobs_per_shard, pieces):
    rows = [replace(spec, row=3 + 2 * number) for number, spec in enumerate(specs)]
    keys = [one.fingerprint for one in planned(rows)]
    made_by = {key: f"batch-{number}" for number, key in enumerate(keys) if number in made}
    withdrawn = {key: f"taken down on {number}" for number, key in enumerate(keys) if number in gone}
    reasons = {key: f"seed changed from {number} to 7" for number, key in enumerate(keys) if number % 3 == 0}
    told = readable.plan(
        rows,
        made_by=made_by,
        withdrawn=withdrawn,
        reasons=reasons,
        media_revision="media-1",
        usd_per_cpu_hour=usd,
        jobs_per_shard=jobs_per_shard,
    )
    given_ = {"made_by": made_by, "withdrawn": withdrawn, "reasons": reasons}
    given_ |= {"usd_per_cpu_hour": usd, "jobs_per_shard": jobs_per_shard}
    assert planned(rows, **given_, pieces=pieces) == told
