import json
import math
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.cli import main, output
from render.model import End

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes() | st.decimals()
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(values)
def test_whatever_a_command_has_becomes_strict_json(value: object):
    json.loads(json.dumps(output.plain(value), allow_nan=False), parse_constant=pytest.fail)


def test_plain_values():
    instant = datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert output.plain({"a": math.nan, "b": -math.inf, 3: (1, 2.5)}) == {"a": None, "b": None, "3": [1, 2.5]}
    assert output.plain([instant, date(2026, 11, 22), Path("x/y"), End.HELD]) == [
        "2026-11-22T11:00:00+00:00",
        "2026-11-22",
        "x/y",
        "held",
    ]
    assert output.plain([Decimal(12), Decimal("1.5"), b"\x01\xff"]) == [12, 1.5, "01ff"]


def test_only_the_document_reaches_stdout(capfd: pytest.CaptureFixture[str]):
    with output.only_the_document():
        print("chatter of a library")
        subprocess.run(["echo", "chatter of a child"], check=True)
        os.write(1, b"chatter of compiled code\n")
        output.document({"a": "ß"})
    output.say("after")
    out, err = capfd.readouterr()
    assert json.loads(out.removesuffix("after\n")) == {"a": "ß"}
    assert sorted(err.splitlines()) == ["chatter of a child", "chatter of a library", "chatter of compiled code"]


@pytest.mark.parametrize("flag", ["", "--json"])
def test_a_reader_that_goes_away_is_no_error(flag: str):
    script = (
        "import sys; from render.cli import output;"
        "from contextlib import nullcontext\n"
        "with output.only_the_document() if sys.argv[1:] else nullcontext():\n"
        "    [output.document(['x' * 1000] * 1000) for _ in range(20)]\n"
        "    output.note('went on')\n"
        "sys.exit(4)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, *flag.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    assert child.stderr is not None
    with child.stderr:
        assert child.stderr.read() == "went on\n"
    assert child.wait() == 4


@pytest.mark.parametrize("columns", [1, 20])
def test_a_query_whose_answer_is_piped_cuts_nothing(
    columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    """Neither a long address nor many words, in a table or in blocks."""
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "80")
    uri, words = f"s3://bucket/{'x' * 500}/clip.mp4", "word " * 200
    more = "".join(f", {number} as c{number}" for number in range(columns))
    assert main(["query", f"select '{uri}' as uri, '{words}' as words{more}"]) == 0
    shown = capfd.readouterr().out
    assert uri in shown
    assert words.strip() in shown
    assert max(len(line) for line in shown.splitlines()) < 2000


def test_a_query_shows_no_control_characters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    assert main(["query", "select 'a' || chr(27) || '[2J' as text, {'x': chr(155)} as deep"]) == 0
    shown = capfd.readouterr().out
    assert "a␛[2J" in shown
    assert not {"\x1b", "\x9b"} & set(shown)
