"""Log lines: one form in every process, with what they are about."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from airflow.sdk._shared.logging.structlog import structlog_processors

from render.telemetry import logs
from render.telemetry.context import FIELDS, bind, bound

NAMES = ("", "render", "nightreel", *logs.DASK)
Said = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """A process has one log: what a test makes of it is undone."""
    found = [(one := logging.getLogger(name), one.handlers[:], one.level, one.propagate) for name in NAMES]
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()
    for logger, handlers, level, propagate in found:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
    logs._form = "text"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """The lines on stderr since the last call; nothing may be on stdout."""

    def lines() -> list[str]:
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err.splitlines()

    return lines


def line(form: logs.Form, said: Said, speak: Callable[[], object]) -> str:
    logs.set_up(form, "info")
    speak()
    (told,) = said()
    return told


def speak() -> None:
    with bound(batch="b1", engine="testcard"), bound(shard=3, clip="f" * 64):
        logging.getLogger("render.farm.worker").info("Clip %s", "made")


def test_both_forms_say_the_same(said: Said) -> None:
    """Each field of the JSON line, but the time, stands in the text line too."""
    found = json.loads(line("json", said, speak))
    assert list(found)[:8] == list(logs.FIRST)
    assert found.pop("timestamp").endswith("Z")
    about = {"batch": "b1", "shard": 3, "clip": "f" * 64, "engine": "testcard"}
    assert found == {"level": "info", "event": "Clip made", "logger": "render.farm.worker", **about}
    text = line("text", said, speak)
    assert "[info     ] Clip made" in text
    assert "[render.farm.worker]" in text
    assert [f"{name}={value}" for name, value in about.items() if f"{name}={value}" not in text] == []


def test_airflows_log_of_a_task_has_the_same_fields() -> None:
    """Airflow's own chain of processors, which its tasks and triggers log by, puts the context on our lines."""
    chain, _, _ = structlog_processors(json_output=True)
    event: Any = {"event": "Clip made"}
    with bound(batch="b1", shard=3, clip="f", engine="testcard"):
        for process in chain:
            event = process(logging.getLogger("render"), "info", event)
    assert {name: event[name] for name in FIELDS} == {"batch": "b1", "shard": 3, "clip": "f", "engine": "testcard"}
    assert {"timestamp", "level", "event", "logger"} <= event.keys()


def test_a_traceback_is_one_line_of_json(said: Said) -> None:
    def fail() -> None:
        try:
            raise ValueError("two\nlines")
        except ValueError:
            logging.getLogger("render").exception("It failed")

    found = json.loads(line("json", said, fail))
    assert (found["event"], found["level"]) == ("It failed", "error")
    assert "ValueError: two\nlines" in found["exception"]


def test_what_a_block_is_about_ends_with_it_and_what_a_process_is_about_stays(said: Said) -> None:
    def speak() -> None:
        bind(batch="outer", shard=1)
        with bound(batch="inner"):
            pass
        logging.getLogger("render").info("after")

    found = json.loads(line("json", said, speak))
    assert (found["batch"], found["shard"]) == ("outer", 1)


def test_the_level_is_of_our_lines_and_others_only_warn(said: Said) -> None:
    logging.getLogger("chatty").setLevel("INFO")
    for level, wanted in [("warning", ["w", "cw"]), ("info", ["i", "w", "cw"])]:
        logs.set_up("json", level)
        logging.getLogger("render.x").info("i")
        logging.getLogger("render.x").warning("w")
        logging.getLogger("chatty").info("ci")
        logging.getLogger("chatty").warning("cw")
        assert [json.loads(told)["event"] for told in said()] == wanted


def test_dasks_lines_take_the_same_form_and_its_silence_is_kept(said: Said) -> None:
    """The handler that Dask gave itself is replaced, with the level that was set to silence it."""
    theirs = logging.getLogger("distributed")
    theirs.handlers, theirs.propagate = [logging.StreamHandler()], False
    theirs.setLevel("INFO")
    logs.set_up("json", "info")
    logging.getLogger("distributed.worker").info("Start")
    (told,) = said()
    assert json.loads(told)["logger"] == "distributed.worker"
    silenced = logging.StreamHandler()
    silenced.setLevel("CRITICAL")
    theirs.handlers = [silenced]
    logs.set_up("json", "info")
    logging.getLogger("distributed.worker").error("Lost")
    assert said() == []


def test_what_a_command_says_is_a_log_line_only_where_a_machine_reads(said: Said) -> None:
    logs.set_up("text", "warning")
    assert not logs.told("Planned")
    assert said() == []
    logs.set_up("json", "warning")
    assert logs.told("100 % planned")
    (told,) = said()
    assert json.loads(told)["event"] == "100 % planned"
