"""Why jobs wait: by what a real scheduler said in such a state, and by what storage says of the rows."""

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.farm.survey import Place, Survey, Task, Trouble
from render.farm.waiting import Reason, Why, reasons
from render.model import Decision

GIB = {"MEMORY": 2**30}
NEEDS = {"testcard": {}, "needy": {"TPU": 1}}
IDLE = Survey(address="tcp://10.0.0.1:8786", workers={"worker 0": GIB})
BUSY = Survey(  # a real one: one worker, which had refused f2, was to try f1 again, and was at work
    address="tcp://127.0.0.1:45975",
    workers={"worker 0": {"MEMORY": 25276510208}},
    tasks=(
        Task(fingerprints=("f4",), place=Place.AT_WORK, worker="worker 0", since=1795969454.3226442, needs={}),
        Task(fingerprints=("f5",), place=Place.QUEUED, needs={}, behind=2),
        Task(fingerprints=("f6", "f7"), place=Place.QUEUED, needs={}, behind=2),
    ),
    troubles=(
        Trouble(fingerprint="f1", reason="The lamp flickers.", over=False, at=1795969454.3247793, tries=1),
        Trouble(fingerprint="f2", reason="It shows no such thing.", over=True, at=1795969454.3309696, tries=1),
    ),
    controllers=(frozenset({0}),),
    since=1795969454.083626,
)


def table(*rows: dict[str, object]) -> pa.Table:
    row = {"fingerprint": "f0", "engine": "testcard", "decision": Decision.RENDER.value, "shard": 0, "made": False}
    kinds = {"made": pa.bool_(), "shard": pa.int16()}
    return pa.table({name: pa.array([(row | one)[name] for one in rows], kinds.get(name, pa.string())) for name in row})


def rows(*names: str, **more: object) -> pa.Table:
    return table(*({"fingerprint": name} | more for name in names))


def why(waiting: pa.Table, survey: Survey | None, **more: object) -> list[Reason]:
    return reasons(waiting, survey, needs=NEEDS.get, **more)  # type: ignore[arg-type]


def only(waiting: pa.Table, survey: Survey | None, **more: object) -> str:
    (one,) = why(waiting, survey, **more)
    assert one.rows == waiting.num_rows
    return one.text


def test_rows_that_wait_for_the_same_are_counted_together_the_nearest_to_their_end_first():
    found = why(rows("f1", "f2", "f4", "f5", "f6", "f7", "f8", "f9"), BUSY)
    assert [(one.rows, one.text) for one in found] == [
        (1, "in the making on worker 0"),
        (3, "in the cluster's queue, behind 2 more urgent of other batches"),
        (1, "to be tried again after: The lamp flickers."),
        (2, "not sent yet: the run sends more as workers come free"),
        (1, "failed, counts when the shard is done: It shows no such thing."),
    ]
    assert found[0].since == 1795969454.3226442


def test_a_job_that_is_on_the_cluster_again_says_so_and_after_what():
    again = replace(BUSY, tasks=(replace(BUSY.tasks[0], fingerprints=("f1",)),))
    assert only(rows("f1"), again) == "in the making on worker 0, tried again after: The lamp flickers."


def test_what_failed_under_an_earlier_run_is_tried_again_by_the_next():
    assert only(rows("f2"), replace(BUSY, since=1795969455.0)).startswith("not sent yet")
    assert only(rows("f2"), replace(BUSY, controllers=())).startswith("no run is at work on it at tcp://")


def test_a_resource_that_no_worker_offers_is_named_be_the_job_sent_or_not():
    needy = Task(fingerprints=("f8",), place=Place.QUEUED, needs={"TPU": 1})
    assert only(rows("f8"), replace(BUSY, tasks=(needy,))) == "no worker offers TPU=1"
    assert only(rows("f8", engine="needy"), BUSY) == "no worker offers TPU=1"
    assert only(rows("f8"), replace(BUSY, needs={"team-a": 1})) == "no worker offers team-a=1", (
        "what its run asks of any"
    )
    offered = replace(BUSY, workers=BUSY.workers | {"tpu": {"TPU": 2}})
    assert only(rows("f8", engine="needy"), offered).startswith("not sent yet")
    assert only(rows("f8", engine="somebody's own"), BUSY).startswith("not sent yet"), "its needs are not known here"


def test_a_cluster_without_workers_is_the_reason_of_all_that_wait_for_one():
    none = replace(BUSY, workers={}, tasks=BUSY.tasks[1:])
    assert only(rows("f5", "f8"), none) == f"the cluster at {BUSY.address} has no worker at all"


def test_a_shard_that_nobody_has_begun_is_told_from_one_that_is_under_way():
    found = why(table({"shard": 0}, {"shard": 3}, {"shard": 1}), BUSY)
    assert [(one.why, one.shards) for one in found] == [(Why.UNSENT, (0,)), (Why.SHARD, (1, 3))]
    assert [one.why for one in why(table({"shard": 3}), replace(BUSY, controllers=(None,)))] == [Why.UNSENT]


def test_without_a_scheduler_only_what_storage_says_is_claimed():
    waiting = table(
        {"made": True},
        {"decision": "duplicate"},
        {"decision": "reuse", "shard": None},
        {"fingerprint": "f4"},
    )
    found = why(waiting, None, unknown="none was named")
    assert [(one.why, one.rows) for one in found] == [
        (Why.UNKNOWN, 1), (Why.MADE, 1), (Why.DUPLICATE, 1), (Why.PLAN, 1)
    ]  # fmt: skip
    assert found[0].text == "not known: none was named"


def test_a_clip_that_is_made_waits_for_its_shard_whatever_the_scheduler_still_has():
    assert only(rows("f4", made=True), BUSY) == "the clip is made, counts when the shard is done"


def test_rows_of_a_cancelled_batch_drain():
    assert only(rows("f4", "f9"), BUSY, cancelled=True).startswith("the batch is cancelled")
    assert why(rows(), BUSY, cancelled=True) == []


@pytest.mark.parametrize("survey", [None, IDLE, BUSY])
@given(data=st.data())
def test_every_row_waits_for_exactly_one_reason(survey: Survey | None, data: st.DataObject):
    one = st.fixed_dictionaries(
        {
            "fingerprint": st.sampled_from([f"f{number}" for number in range(10)]),
            "engine": st.sampled_from(["testcard", "needy", "other"]),
            "decision": st.sampled_from(["render", "duplicate", "reuse"]),
            "shard": st.sampled_from([None, 0, 1]),
            "made": st.booleans(),
        }
    )
    waiting = table(*data.draw(st.lists(one, max_size=12)))
    found = why(waiting, survey)
    assert sum(reason.rows for reason in found) == waiting.num_rows
    assert all(reason.rows > 0 and reason.text for reason in found)
    assert len({reason.text for reason in found}) == len(found)
