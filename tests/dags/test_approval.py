"""A person is asked about held clips in Airflow: with its real tables, its own handling of answers and of time-outs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from xcoms import strange

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def said(airflow: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("approval")
    card = {"experiment": "e", "prompt": "A test card", "engine": "testcard", "width": 64, "height": 64, "fps": 8}
    cards = [card | {"variant": str(seed), "seed": seed, "seconds": 0.5 if seed else 1.0} for seed in range(3)]
    pq.write_table(pa.Table.from_pylist(cards), folder / "cards.parquet")
    return airflow("run_approval.py", str(folder))


def ends(run: dict[str, Any]) -> list[str]:
    return [row["end"] for row in run["catalog"]]


@pytest.mark.parametrize("name", ["not asked for", "not asked for this time", "nobody answered"])
def test_a_run_in_which_nobody_decides_is_green_and_its_rows_stay_held(said: dict[str, Any], name: str) -> None:
    """Neither the setting, nor the run's own parameter against it, nor a time-out makes it red or decides anything."""
    run = said["runs"][name]
    assert run["state"] == "success"
    assert (run["tasks"]["approval"], run["tasks"]["review"], run["tasks"]["verdict"]) == (
        *("skipped", "skipped"),
        "success",
    )
    assert run["held"] == [1, 2]


@pytest.mark.parametrize(
    ("name", "end", "reason"),
    [
        ("refused", "rejected", "Refused by ann: \"Refuse all held, in Airflow's run manual__"),
        ("published", "reused", 'Approved by ann: "It is meant so". It was held: It is too light.'),
    ],
)
def test_what_a_person_chooses_is_carried_out_under_her_name(
    said: dict[str, Any], name: str, end: str, reason: str
) -> None:
    """The catalog has it before the verdict, and nothing is held any more."""
    run = said["runs"][name]
    assert run["state"] == "success"
    assert (run["tasks"]["approval"], run["tasks"]["review"]) == ("success", "success")
    assert ends(run)[1:] == [end, end]
    assert all(row["reason"].startswith(reason) for row in run["catalog"][1:])
    assert run["held"] == []


def test_a_run_again_carries_out_what_was_decided_and_was_not_yet(said: dict[str, Any]) -> None:
    """Whoever recorded it died: nobody is asked, and the run is not green until it is done."""
    run = said["runs"]["decided and not carried out"]
    assert run["batch"] == said["runs"]["not asked for this time"]["batch"]
    assert (run["tasks"]["approval"], run["tasks"]["review"], run["state"]) == ("success",) * 3
    assert ends(run)[1:] == ["rejected", "rejected"]
    assert run["catalog"][1]["reason"].startswith('Refused by ben: "It died.".')


def test_xcom_carries_ids_and_uris_only(said: dict[str, Any]) -> None:
    """No list of held rows, which would be as long as they are many; no word of the answer."""
    xcoms = [xcom for run in said["runs"].values() for xcom in run["xcoms"]]
    known = {"store": said["store"], "batches": [run["batch"] for run in said["runs"].values()]}
    assert [xcom for xcom in xcoms if strange(*xcom, **known)] == []
    assert {task for task, *_ in xcoms} == {"intake", "plan", "open_farm", "report", "review"}


def test_nothing_is_kept_of_what_was_asked(said: dict[str, Any]) -> None:
    """In Airflow's own table, from which it clears by itself only what may expire."""
    assert said["kept"] == []


def test_who_reads_the_catalog_is_told_what_was_decided(said: dict[str, Any]) -> None:
    """As after a publishing, which is all that is told of a run in which nobody decides."""
    refused, held = said["runs"]["refused"], said["runs"]["nobody answered"]
    assert refused["told"] == ["review", {"batch": refused["batch"], "rows": 3, "reused": 1, "rejected": 2}]
    assert held["told"] == ["publish", {"batch": held["batch"], "rows": 3, "reused": 1, "held": 2}]


def test_the_question_tells_what_is_held_and_where_to_watch_it(said: dict[str, Any]) -> None:
    """It was put three times, with the report, counts by check, and the three choices."""
    questions, runs = said["asked"], said["runs"]
    asked = [runs[name]["batch"] for name in ("refused", "nobody answered", "published")]
    assert [one["subject"] for one in questions] == [f"2 clips are held in batch {batch}" for batch in asked]
    for one, batch in zip(questions, asked, strict=True):
        assert "| black | 2 |" in one["body"]
        assert f"/batches/{batch}/report/index.html" in one["body"]
        assert one["options"] == ["Publish all held", "Refuse all held", "Decide later with nightreel review"]
