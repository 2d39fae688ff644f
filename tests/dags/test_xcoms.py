"""The judge of what XCom may carry, by which the runs of DAGs are judged here, can say no."""

from __future__ import annotations

from typing import Any

import pytest
from xcoms import strange

BATCH = "2026-11-02T02:00:00Z-bb6d47794a59"
REPORT = f"s3://films/store/batches/{BATCH}/report/index.html"
PROMPT = "A basketball bounces in the rain"
SECRET = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("intake", BATCH),
        ("plan", []),
        ("plan", [0, 3, 255]),
        ("open_farm", ""),
        ("open_farm", "tcp://127.0.0.1:8786"),
        ("open_farm", "dask_default"),
        ("report", REPORT),
        ("review", REPORT),
    ],
)
def test_ids_and_places_are_none_of_it(task: str, value: Any) -> None:
    assert not judged(task, value)


@pytest.mark.parametrize("task", ["intake", "plan", "open_farm", "report", "review", "publish", "approval", "verdict"])
@pytest.mark.parametrize("value", [PROMPT, SECRET, "short", [PROMPT], [SECRET], {"prompt": PROMPT}, None, 7, b"\x00"])
def test_a_prompt_or_a_secret_is(task: str, value: Any) -> None:
    """However short, from whichever task, in whatever it is wrapped."""
    assert judged(task, value)


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("intake", f"{BATCH} {PROMPT}"),
        ("plan", [0, PROMPT]),
        ("plan", [True]),
        ("plan", [256]),
        ("plan", [10**40]),
        ("open_farm", f"tcp://user:{SECRET}@127.0.0.1:8786"),
        ("open_farm", "tcp://127.0.0.1:8786?token=x"),
        ("report", f"{REPORT}?X-Amz-Signature={SECRET}"),
        ("report", REPORT.replace("s3://", f"s3://{SECRET}@")),
        ("report", REPORT.replace(BATCH, "another")),
    ],
)
def test_one_that_is_hung_on_an_id_or_a_place_is(task: str, value: Any) -> None:
    assert judged(task, value)


def test_a_value_under_a_name_of_its_own_is() -> None:
    """It would be beside what the task returns, where nobody looks."""
    assert judged("intake", BATCH, key="prompt")


def judged(task: str, value: Any, key: str = "return_value") -> bool:
    return strange(task, key, value, store="s3://films/store", batches=[BATCH], schedulers=["dask_default"])
