"""Rows out of manifests: good ones with their defaults, bad ones with their faults, none lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render import contracts, manifest
from render.errors import InputError
from render.model import Fault, ReasonKind, Row
from render.store.quarantine import Faults

pytestmark = pytest.mark.slow  # Great Expectations takes seconds to import

TWO_SHOTS = [{"prompt": "a", "seconds": 1.0, "camera": "pan"}, {"prompt": "b", "seconds": 1.0, "camera": "pan"}]


def items(pieces: Iterable[manifest.Judged]) -> list[Row | list[Fault]]:
    """Each row, or its faults, in order."""
    found: dict[int, Row | list[Fault]] = {}
    for piece in pieces:
        rows = contracts.to_rows(piece.good)
        of_row = itertools.groupby(Faults(piece.faults), key=lambda fault: fault.row)
        found |= {row.row: row for row in rows} | {row: list(faults) for row, faults in of_row}
    return [found[row] for row in sorted(found)]


def judged(folder: Path, columns: dict[str, Any], **options: Any) -> list[Row | list[Fault]]:
    count = len(next(iter(columns.values())))
    required = {"experiment": ["e"] * count, "variant": ["v"] * count, "prompt": ["p"] * count}
    pq.write_table(pa.table(required | columns), folder / "m.parquet")
    return items(manifest.rows(manifest.files(folder), engines=["world"], policies=["default"], **options))


def faults(folder: Path, columns: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [
        (fault.row, fault.column, fault.value)
        for item in judged(folder, columns)
        if isinstance(item, list)
        for fault in item
    ]


def test_defaults_are_written_out(tmp_path: Path) -> None:
    [row] = judged(tmp_path, {"seconds": pa.nulls(1), "width": pa.array([None], pa.float64())})
    assert row == Row(row=0, experiment="e", variant="v", prompt="p")


def test_every_column_reaches_its_row(tmp_path: Path) -> None:
    [row] = judged(
        tmp_path,
        {
            "experiment": pa.array(["spring"], pa.large_string()),
            "variant": pa.array(["b"]).dictionary_encode(),
            "prompt": ["caf" + "e\u0301\nand tea"],
            "negative_prompt": ["rain"],
            "scene": ["family: ocean\nlight: night\n"],
            "style": ["anime"],
            "seconds": [2.5],
            "width": pa.array([1280], pa.int64()),
            "height": [720.0],
            "fps": ["30"],
            "seed": pa.array([7], pa.uint8()),
            "engine": ["world"],
            "submitter": ["maria"],
            "team": ["growth"],
            "priority": [-3],
            "deadline": ["2026-12-01T12:00:00+01:00"],
            "max_cost": [1.25],
            "policy": ["default"],
            "tags": [["hero"]],
            "market": ["DE"],
            "budget": [12],
            "cameos": pa.array([[]], pa.list_(pa.string())),
            "remix_of": [""],
        },
    )
    assert row == Row(
        row=0,
        experiment="spring",
        variant="b",
        prompt="caf\u00e9\nand tea",
        negative_prompt="rain",
        scene="family: ocean\nlight: night\n",
        style="anime",
        duration_ms=2500,
        width=1280,
        height=720,
        fps=30,
        seed=7,
        engine="world",
        submitter="maria",
        team="growth",
        priority=-3,
        deadline="2026-12-01T11:00:00+00:00",
        max_cost=1.25,
        policy="default",
        tags={"market": "DE", "budget": "12", "hero": "true"},
    )


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        (
            "experiment",
            ["a" * 100, "a b_c-1"],
            ["a/b", "a\\b", "..", ".", "a" * 101, "", " ", "a\nb", "a\u202eb", "\u200b", "a\ufeff", "a\u00adb", None],
        ),
        ("team", ["", None, "a" * 100], ["a/b", "a..b", "a" * 101, "\0"]),
        ("prompt", ["x" * 4000, "a\tb\r\nc", "👩‍👩‍👧"], ["x" * 4001, "", " \n", "a\x07", "a\u202eb", "a\u2066b", None]),
        ("negative_prompt", ["", None], ["x" * 4001, "\x00"]),
        ("scene", ["", None, "#" * 20_000], ["#" * 20_001, "\x00"]),
        ("style", ["realistic", "cinematic", "anime", None], ["oil", "Anime", ""]),
        ("seconds", [0.5, 60.0, None, float("nan")], [0.49, 60.1, -3.0, float("inf")]),
        ("width", [64, 4096, 640, None], [62, 4098, 641, -2]),
        ("height", [64.0, 4096.0, float("nan")], [65.0, 640.5, float("inf")]),
        ("fps", ["8", "60", "", None], ["7", "61", "24.5", "fast"]),
        ("seed", [0, 2**63 - 1, None], [-1]),
        ("engine", ["world", None], ["sora", "World"]),
        ("policy", ["default", None], ["lenient"]),
        ("max_cost", [0.0, 9.99, None], [-0.01, float("inf")]),
        ("deadline", ["2026-12-01", "", None], ["soon"]),
        ("shots", [None, [], TWO_SHOTS[:1]], [TWO_SHOTS]),
        ("dialogue", [None, ""], ["hello"]),
        ("cameos", [None, []], [["maria"]]),
        ("reference_uri", [None, ""], ["s3://a/b.png"]),
        ("remix_of", [None], ["ab12"]),
    ],
)
def test_each_value_is_judged_by_its_row(tmp_path: Path, column: str, good: list[Any], bad: list[Any]) -> None:
    found = faults(tmp_path, {column: good + bad})
    assert [(row, name) for row, name, _ in found] == [(len(good) + i, column) for i in range(len(bad))]


def test_a_fault_names_row_column_value_reason_fix_and_whose_it_is(tmp_path: Path) -> None:
    assert judged(tmp_path, {"seconds": [4, -3]})[1] == [
        Fault(
            row=1,
            column="seconds",
            value="-3",
            reason="seconds must be from 0.5 to 60, not -3.",
            fix="Set seconds to a number from 0.5 to 60.",
            kind=ReasonKind.INVALID,
            experiment="e",
            variant="v",
        )
    ]


def test_a_limit_is_named_where_it_is_what_matters(tmp_path: Path) -> None:
    [word], [large] = (judged(tmp_path, {"width": [width]})[0] for width in ("320px", str(10**12)))
    assert word.reason == "width must be a whole number, not the text '320px'."
    assert "up to 2147483647" in large.reason


def test_a_decimal_comma_is_answered_with_the_point(tmp_path: Path) -> None:
    [fault] = judged(tmp_path, {"seconds": ["2,5"]})[0]
    assert fault.reason == "seconds must be a number, not the text '2,5'."
    assert fault.fix == "Write it with a decimal point: 2.5."
    [thousand] = judged(tmp_path, {"max_cost": ["1,500"]})[0]
    assert thousand.fix == "Write max_cost as a number, or leave it empty.", "it may be thousands"


def test_a_row_has_each_of_its_faults_once(tmp_path: Path) -> None:
    columns = {"seconds": ["x", "99"], "width": [63, 640], "experiment": [1.5, None], "prompt": ["", "ok"]}
    assert {(row, column) for row, column, _ in faults(tmp_path, columns)} == {
        (0, "prompt"),
        (0, "width"),
        (0, "seconds"),
        (0, "experiment"),
        (1, "experiment"),
        (1, "seconds"),
    }


def test_a_single_shot_stands_for_the_clip(tmp_path: Path) -> None:
    shots = [
        [{"prompt": "it lands", "seconds": 7.0, "camera": "dolly in"}],
        [{"prompt": " ", "seconds": None, "camera": "pan"}],
        [None],
        [{"prompt": "it lands", "seconds": float("nan"), "camera": None}],
        [None],
    ]
    *rows, refused = judged(
        tmp_path, {"shots": shots, "prompt": ["A leap\n\nof faith", "A leap", "A leap", None, None]}
    )
    assert [(row.prompt, row.duration_ms, row.shots) for row in rows if isinstance(row, Row)] == [
        ("A leap\n\nof faith\nit lands\ndolly in", 7000, ()),
        ("A leap\npan", 4000, ()),
        ("A leap", 4000, ()),
        ("it lands", 4000, ()),
    ]
    assert isinstance(refused, list)


def test_rows_are_numbered_over_all_files_and_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("render.manifest.bounds.BATCH_ROWS", 4)
    table = pa.table({"experiment": ["e"] * 7, "variant": ["v"] * 7, "prompt": ["p", "", "p", "p", "p", "", "p"]})
    for name in ("a", "b"):
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=2)
    files = manifest.files(tmp_path)

    def numbers(**options: Any) -> list[int]:
        pieces = manifest.rows(files, engines=["world"], policies=["default"], **options)
        return [item[0].row if isinstance(item, list) else item.row for item in items(pieces)]

    assert numbers() == list(range(14))
    assert numbers(limit=5) == [0, 1, 2, 3, 4]
    assert numbers(where="prompt = ''", limit=3) == [1, 5, 8]


def test_the_filter_sees_defaults_and_unknown_columns(tmp_path: Path) -> None:
    columns = {"market": ["DE", "FR"], "seconds": [None, 2.0]}
    [row] = judged(tmp_path, columns, where="market = 'DE' and seconds = 4 and style = 'realistic'")
    assert isinstance(row, Row)
    with pytest.raises(InputError, match="marke"):
        judged(tmp_path, columns, where="marke = 'DE'")
    with pytest.raises(InputError, match="at least 1"):
        judged(tmp_path, columns, limit=0)


def test_the_names_of_engines_and_policies_are_those_installed(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"experiment": ["e"], "variant": ["v"], "prompt": ["p"], "engine": ["testcard"]}),
        tmp_path / "m.parquet",
    )
    [row] = items(manifest.rows(manifest.files(tmp_path)))
    assert isinstance(row, Row)


EXOTIC = [
    pa.array([[None], [], None, [{"prompt": "a"}, None]], pa.list_(pa.struct([("prompt", pa.string())]))),
    pa.array([[(1, b"\xff")], [], None, [(2, None)]], pa.map_(pa.int32(), pa.binary())),
    pa.array([[1, 2], None, [3, None], [0, 0]], pa.list_(pa.int8(), 2)),
    pa.array([Decimal("2.50"), None, Decimal(640), Decimal(-1)]),
    pa.array([timedelta(1), None, timedelta(0), timedelta(-1)]),
    pa.array([date(1, 1, 1), None, date(9999, 12, 31), date(2026, 2, 28)]),
    pa.array([2**62, None, -(2**62), 0], pa.timestamp("us")),
    pa.array(["null", "{}", "[[]]", None]).dictionary_encode(),
    pa.array([True, None, False, True]),
]
KNOWN = (
    "experiment",
    "prompt",
    "seconds",
    "width",
    "seed",
    "deadline",
    "tags",
    "shots",
    "dialogue",
    "max_cost",
    "__row",
    "a'b",
    "",
)


@settings(max_examples=12)
@given(data=st.data())
def test_every_row_comes_out_once_whatever_its_columns_hold(tmp_path: Path, data: st.DataObject) -> None:
    columns = {}
    for name in data.draw(st.lists(st.sampled_from(KNOWN), unique=True, max_size=6)):
        plain = st.sampled_from([st.integers(-9, 9000), st.floats(), st.text(max_size=6), st.binary(max_size=4)])
        kind = st.none() | data.draw(plain)
        arrays = st.lists(kind, min_size=4, max_size=4).map(pa.array) | st.sampled_from(EXOTIC)
        columns[name] = data.draw(arrays)
    found = judged(tmp_path, columns or {"prompt": ["p"] * 4})
    assert [item[0].row if isinstance(item, list) else item.row for item in found] == [0, 1, 2, 3]


def test_what_a_fault_shows_is_short_and_moves_no_terminal(tmp_path: Path) -> None:
    [found] = judged(tmp_path, {"experiment": ["\x1b[2J" + "x" * 1_000_000], "style": ["\x1b[31m\nred"]})
    assert isinstance(found, list)
    assert {fault.experiment for fault in found} == {"␛[2J" + "x" * 115 + "…"}
    assert [fault.value for fault in found if fault.column == "style"] == ["␛[31m␊red"]
    assert all(text.isprintable() and len(text) < 200 for fault in found for text in (fault.value, fault.reason))


def test_a_tag_that_is_too_long_is_a_fault_of_its_row(tmp_path: Path) -> None:
    long = "x" * 4001
    columns = {
        "market": ["DE", long, "x" * 4000, None, "DE"],
        "tags": pa.array(
            [[("a", "b")], None, [], [("a", "b"), (long, "c")], [("a", long)]], pa.map_("string", "string")
        ),
    }
    found = judged(tmp_path, columns)
    assert [isinstance(one, Row) for one in found] == [True, False, True, False, False]
    told = [(one.row, one.column, one.value[:3]) for item in found if isinstance(item, list) for one in item]
    assert told == [(1, "market", "xxx"), (3, "tags", "xxx"), (4, "tags", "xxx")]


@pytest.mark.parametrize(
    "extra", [{}, {"market": ["de", None, "fr", "x" * 4001, "es", "it"] * 3}], ids=["plain", "tags"]
)
@pytest.mark.parametrize("options", [{}, {"where": "priority <> 3 and seconds <> 7", "limit": 11}], ids=["all", "some"])
def test_many_faults_come_in_several_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], options: dict[str, Any]
) -> None:
    """Where a piece has more faults than are put into words at once, its rows and faults are the same and in order."""
    columns = extra | {
        "seconds": [-1.0, 4.0, 0.1, 5.0, 7.0, 99.0] * 3,
        "width": [3, 64, 640, 641, 64, None] * 3,
        "fps": ["8", "x", None, "24", "24", "y"] * 3,
        "priority": list(range(18)),
        "tags": [["a"], None, [], ["b", "c"], ["d"], None] * 3,
    }
    whole = judged(tmp_path, columns, **options)
    monkeypatch.setattr("render.manifest.faults.AT_ONCE", 2)
    count = len(columns["seconds"])
    files = manifest.files(tmp_path)
    pieces = list(manifest.rows(files, engines=["world"], policies=["default"], **options))
    assert len(pieces) > 3
    assert items(pieces) == whole
    assert len(whole) == (11 if options else count)
