"""What people are told, by a real HTTP server: how a run ended, what failed, what to do, and never a secret."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Connection
from airflow.sdk.log import mask_secret
from webhooks import Received, serving

from render import errors
from render.model import End
from render.orchestration import notices, webhook

TOKEN = "T0/B0/hush-hush-hush"
REPORT = "s3://bucket/store/batches/b1/report/index.html"
ENDS = {End.PUBLISHED: 3, End.HELD: 1, End.FAILED: 0}


@pytest.fixture
def server() -> Iterator[Received]:
    with serving() as received:
        yield received


@pytest.fixture(autouse=True)
def connected(server: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"conn_type": "http", "schema": "http", "host": "127.0.0.1", "port": server.port, "password": TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_NIGHTREEL_WEBHOOK", json.dumps(told))


def context(
    *,
    task: str = "verdict",
    index: int = -1,
    error: Exception | None = None,
    states: dict[str, str] | None = None,
    batch: str | None = "b1",
    ends: dict[End, int] | None = ENDS,
) -> Any:
    given = {"intake": batch, "report": batch and REPORT}
    ti = SimpleNamespace(
        dag_id="nightly_render",
        run_id="scheduled__2026-11-28T02:00:00+00:00",
        task_id=task,
        map_index=index,
        log_url="http://airflow/log",
        xcom_pull=lambda task_ids: given[task_ids],
        get_task_states=lambda **_: {"scheduled__2026-11-28T02:00:00+00:00": states or {}},
    )
    return {"ti": ti, "task": SimpleNamespace(ends=ends), "params": {"store": "s3://bucket/store"}, "exception": error}


def test_a_run_that_is_done_tells_its_counts_and_its_report(server: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    notices.RunSucceeded()(context())
    assert server.paths == [f"/{TOKEN}"]
    (document,) = server.documents
    text = document.pop("text")
    assert document == {
        "event": "run_succeeded",
        "dag": "nightly_render",
        "run": "scheduled__2026-11-28T02:00:00+00:00",
        "batch": "b1",
        "ends": {"published": 3, "held": 1},
        "report": REPORT,
        "report_link": None,
    }
    assert text.splitlines() == [
        "nightly_render scheduled__2026-11-28T02:00:00+00:00 is done: 3 published, 1 held.",
        "Look: nightreel status b1 --store s3://bucket/store",
        f"Report: {REPORT}",
    ]


def test_a_run_that_took_nothing_and_is_well_is_no_news(server: Received) -> None:
    """Of the runs that one drop of several manifests starts, those that come late; if one fails, that is told."""
    notices.RunSucceeded()(context(batch=None))
    assert server.documents == []
    notices.RunFailed()(context(batch=None, error=errors.NightreelError("Task intake is failed.")))
    assert [(document["event"], document["batch"]) for document in server.documents] == [("run_failed", None)]


def test_the_report_is_linked_where_the_store_is_served(server: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_SERVED_AT", "https://films.example/store/")
    notices.RunSucceeded()(context())
    link = "https://films.example/store/batches/b1/report/index.html"
    assert server.documents[0]["report_link"] == link
    assert server.documents[0]["text"].endswith(f"Report: {link}")


def test_a_run_that_failed_tells_why_and_what_to_type(server: Received) -> None:
    notices.RunFailed()(context(error=errors.NightreelError("2 rows have no end yet.")))
    (document,) = server.documents
    assert (document["event"], document["reason"]) == ("run_failed", "2 rows have no end yet.")
    command = "airflow dags clear nightly_render --run-id scheduled__2026-11-28T02:00:00+00:00 --yes"
    assert document["text"].splitlines()[1:3] == [
        "2 rows have no end yet.",
        f"When its cause is mended: {command}",
    ]


@pytest.mark.parametrize(
    ("ends", "said", "told"),
    [
        (ENDS, "has failed: 3 published, 1 held.", {"published": 3, "held": 1}),
        ({End.PUBLISHED: 0}, "has failed: no row has an end.", {}),
        (None, "has failed, and its rows were not counted.", None),
    ],
)
def test_a_run_that_failed_tells_counts_if_there_are_any(
    server: Received, ends: dict[End, int] | None, said: str, told: dict[str, int] | None
) -> None:
    """A verdict whose pod is killed has counted nothing, which is not the same as no rows."""
    notices.RunFailed()(context(ends=ends))
    (document,) = server.documents
    assert document["ends"] == told
    assert document["text"].splitlines()[0] == f"nightly_render scheduled__2026-11-28T02:00:00+00:00 {said}"


def test_a_run_that_clearing_does_not_mend_says_what_does(server: Received) -> None:
    given = context(error=errors.NightreelError("Refused from the inbox: b.csv is empty."))
    given["task"].then = "Mend what was refused."
    notices.RunFailed()(given)
    assert server.documents[0]["text"].splitlines()[2] == "Mend what was refused."


def test_a_run_that_waits_for_a_person_tells_what_is_asked(server: Received) -> None:
    given = context(task="approval")
    given["task"] = SimpleNamespace(subject="2 clips are held in batch b1")
    notices.ApprovalWanted()(given)
    (document,) = server.documents
    assert (document["event"], document["batch"], document["report"]) == ("approval_wanted", "b1", REPORT)
    assert "waits for an answer. 2 clips are held in batch b1." in document["text"]


def test_a_notice_that_cannot_be_made_stops_nothing(
    server: Received,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The task that asks a person calls it with nothing around it."""
    monkeypatch.setenv("NIGHTREEL_LOG_LEVEL", "INFO")
    given = context(task="approval")
    given["task"] = SimpleNamespace(subject="2 clips are held in batch b1")
    notices.ApprovalWanted()(given)
    assert server.documents == []
    told = caplog.text + capsys.readouterr().out  # Airflow's log is structlog's, unless somebody has set it up
    assert "Nobody is told (SettingsError: Setting does not fit: log_level = 'INFO'" in told


def test_a_task_that_failed_tells_its_reason_and_its_log(server: Received) -> None:
    notices.TaskFailed()(context(task="plan", error=errors.ManifestError("Column seconds is missing.")))
    (document,) = server.documents
    told = (document["event"], document["task"], document["reason"], document["log"])
    assert told == ("task_failed", "plan", "Column seconds is missing.", "http://airflow/log")
    assert "Column seconds is missing." in document["text"]


def test_what_is_to_be_done_then_may_be_something_else_than_clearing_the_run(server: Received) -> None:
    """A cleared run has its old parameters, and a takedown of a clip that nobody knows fails again by them."""
    for given in ((), ("Trigger another one.",)):
        notices.TaskFailed(*given)(context(task="withdraw", error=errors.NotFound("There is no clip 0000.")))
    said = [document["text"].splitlines()[2] for document in server.documents]
    assert said[0].startswith("When its cause is mended: airflow dags clear")
    assert said[1] == "Trigger another one."


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_of_shards_that_all_fail_the_first_is_told_in_whatever_order(server: Received, order: tuple[int, ...]) -> None:
    """And at once, though shards with lower numbers still wait: they may take hours."""
    states = {f"render_shard_{index}": "deferred" for index in order} | {"render_shard_0": "success"}
    for index in order:
        states[f"render_shard_{index}"] = "failed"
        notices.TaskFailed()(context(task="render_shard", index=index, error=OSError("gone"), states=states))
    assert [document["task"] for document in server.documents] == [f"render_shard[{order[0]}]"]


def test_a_shard_of_which_it_is_not_known_whether_it_is_the_first_is_told(server: Received) -> None:
    """Twice is better than never: Airflow's API server may be what has failed."""

    def away(**_: Any) -> Any:
        raise ConnectionError("The API server is away.")

    given = context(task="render_shard", index=1, error=OSError("gone"))
    given["ti"].get_task_states = away
    notices.TaskFailed()(given)
    assert [document["task"] for document in server.documents] == ["render_shard[1]"]


def test_what_airflow_knows_as_a_secret_is_not_told(server: Received) -> None:
    mask_secret("s3cr3t-key-of-store")
    notices.TaskFailed()(context(task="plan", error=OSError("denied for key s3cr3t-key-of-store")))
    assert "s3cr3t" not in json.dumps(server.documents)


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "backfill"])
def test_a_late_run_is_told_if_the_schedule_began_it(server: Received, run_type: str) -> None:
    """In the triggerer's way: the class is awaited, with a context of plain JSON."""
    run = {"dag_id": "nightly_render", "dag_run_id": "r1", "run_type": run_type, "state": "running"}

    async def play() -> None:
        await notices.RunLate(context={"dag_run": run, "deadline": {"deadline_time": "2026-11-28 07:00:00+00:00"}})

    asyncio.run(play())
    if run_type != "scheduled":
        assert server.documents == []
        return
    (document,) = server.documents
    assert (document["event"], document["due"]) == ("run_late", "2026-11-28 07:00:00+00:00")
    assert document["text"].startswith("nightly_render r1 was to be done by 2026-11-28 07:00:00+00:00, and is running.")


@pytest.mark.parametrize("state", ["success", "failed"])
def test_a_run_that_is_over_by_then_is_not_late(server: Received, state: str) -> None:
    """How it ended was told; it does not go on."""
    run = {"dag_id": "nightly_render", "dag_run_id": "r1", "run_type": "scheduled", "state": state}

    async def play() -> None:
        await notices.RunLate(context={"dag_run": run, "deadline": {"deadline_time": "2026-11-28 07:00:00+00:00"}})

    asyncio.run(play())
    assert server.documents == []


@pytest.mark.parametrize(("status", "said"), [(500, "answered 500"), (307, "answered 307"), (204, "")])
def test_an_answer_that_is_no_success_is_a_line_in_the_log(
    server: Received, caplog: pytest.LogCaptureFixture, status: int, said: str
) -> None:
    """A redirect is not followed: it would carry what is told to a place that nobody named."""
    server.status = status
    webhook.post({"text": "hello"}, logging.getLogger("task"))
    assert len(server.paths) == 1
    assert said in caplog.text
    assert bool(said) == bool(caplog.records)


def test_a_webhook_that_does_not_answer_is_not_waited_for(
    server: Received, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhook, "PATIENCE_SECONDS", 0.3)
    server.wait_seconds = 60
    began = time.monotonic()
    webhook.post({"text": "hello"}, logging.getLogger("task"))
    assert time.monotonic() - began < 5
    assert "was not reached (TimeoutError)" in caplog.text


def test_a_webhook_that_is_away_is_a_line_in_the_log_without_its_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as gone:
        port = gone.port
    told = {"conn_type": "http", "schema": "http", "host": "127.0.0.1", "port": port, "password": TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_NIGHTREEL_WEBHOOK", json.dumps(told))
    webhook.post({"text": "hello"}, logging.getLogger("task"))
    assert "was not reached (ClientConnectorError)" in caplog.text
    assert "hush" not in caplog.text


def test_without_a_connection_the_log_alone_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, server: Received
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_NIGHTREEL_WEBHOOK")
    with caplog.at_level(logging.INFO):
        webhook.post({"text": "hello"}, logging.getLogger("task"))
        asyncio.run(webhook.apost({"text": "hello"}, logging.getLogger("task")))
    said = [record for record in caplog.records if record.name == "task"]
    assert [record.levelname for record in said] == ["INFO", "INFO"]
    assert server.paths == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"host": "https://hooks.example/services", "password": "T/B/x"}, "https://hooks.example/services/T/B/x"),
        ({"host": "hooks.example"}, "https://hooks.example"),
        ({"host": "hooks.example", "schema": "http", "port": 8080}, "http://hooks.example:8080"),
        ({"host": "https://hooks.example/in", "port": 8443}, "https://hooks.example:8443/in"),
        ({"host": "https://hooks.example/in", "login": "me", "password": "x"}, "https://hooks.example/in"),
    ],
)
def test_where_a_connection_leads(given: dict[str, Any], expected: str) -> None:
    assert webhook.address(Connection(conn_id="c", conn_type="http", **given)) == expected


def test_a_login_and_headers_are_sent_as_airflows_own_hook_does(
    server: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {
        "conn_type": "http", "host": f"http://127.0.0.1:{server.port}/in", "login": "me", "password": "pass",
        "extra": {"X-Team": "films"},
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_NIGHTREEL_WEBHOOK", json.dumps(told))
    webhook.post({"text": "hello"}, logging.getLogger("task"))
    assert server.paths == ["/in"]
    assert server.headers[0]["Authorization"] == "Basic bWU6cGFzcw=="
    assert server.headers[0]["X-Team"] == "films"
