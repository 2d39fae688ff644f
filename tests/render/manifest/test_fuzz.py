"""Whatever a manifest holds ends as a good row, a quarantined row, or a message that says what to change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from render import contracts, manifest
from render.cli import main
from render.errors import InputError
from render.manifest import faults
from render.manifest.normal import is_unbuilt, normalise
from render.model import Fault
from render.store.quarantine import Faults

pytestmark = pytest.mark.slow  # Great Expectations takes seconds to import

COLUMNS = tuple(column.name for column in contracts.load("manifest").columns)
ROWS = 4
FOREIGN = (OSError, MemoryError, UnicodeError, pa.ArrowException, RecursionError)
"""What a message about a file may stem from; a programming error that it covers is ours."""
UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\.\.")

NASTY = (
    *("", " ", "\0", "a\0b", "\x1b[31mred", "\r\n", "\u202egnp.exe", "\u2066a\u2069", "\u200b", "\ufeff", "\U0010ffff"),
    *("..", ".", "../../etc/passwd", "/etc/passwd", "%2e%2e%2f", "..\\..\\boot.ini", "C:\\x", "~root", "con", "a/b"),
    *("s3://bucket/key", "file:///etc/passwd", "http://[::1", "http://a:b@c/?d", "{prompt}", "{0.__class__}", "%s%n"),
    *("$(id)", "'; drop table clips; --", "<script>alert(1)</script>", "=1+1", "${jndi:x}", "{{7*7}}", "\u0661\u0662"),
    *("nan", "inf", "-0", "1e999", "0x10", "1_000", "NULL", "true", "2026-02-30", "0000-01-01", "24:00"),
    *("9999-12-31T23:59:59-23:59", "[[1]]", '{"a": NaN}', '{"a": {"b": [1e400]}}', "null", '["a", "b"]'),
    *('[{"prompt": "p"}]', '[{"seconds": 1e400}]', '["\\ud800"]', '{"\\ud800": 1}', '{"a": "\\ud800"}'),
    *("!!python/object:os.system {}", "family: &a [x]\nsubjects: [*a, *a]", "a: &a [*a]", "a,b;c\td"),
)
LONG = (
    *(("a", 101), ("é", 4001), ("e\u0301", 10_000), ("\u0301", 10_000), ("\U0001f468\u200d", 3000), ("x", 1_000_000)),
    *(("1", 400), ("1", 5000), ("[", 5000), ('{"a":', 3000), ("family: ocean\n", 2000), ("- ", 9000), ("[0,", 5000)),
)
BYTES = (b"", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"abc\xe2\x82", b"\0" * 100, b"PAR1", b"../a")
FLOATS = (0.0, -0.0, 4.0, 0.5, 1e-320, 1e308, -1e308, float("nan"), float("inf"), -float("inf"))
WHOLE = (0, 1, -1, 8, 640, 2**31, 2**53 + 1, 2**62, -(2**63), 2**63 - 1, 2**64 - 1)
ZONES = (None, "UTC", "Europe/Berlin", "+23:59")
TIMES = [pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in ZONES]
TIMES += [pa.duration(unit) for unit in ("s", "ms", "us", "ns")] + [pa.time64("us"), pa.time64("ns"), pa.date64()]

long = st.sampled_from(LONG).map(lambda part: part[0] * part[1])
texts = st.sampled_from(NASTY) | long | st.text(max_size=20)
binaries = st.sampled_from(BYTES) | st.binary(max_size=20)
whole = st.sampled_from(WHOLE) | st.integers(0, 5000)
floats = st.sampled_from(FLOATS) | st.floats()


def cells(values: st.SearchStrategy[Any], make: Callable[[list[Any]], pa.Array]) -> st.SearchStrategy[pa.Array]:
    return st.lists(st.none() | values, min_size=ROWS, max_size=ROWS).map(make)


def numbers(kind: pa.DataType) -> st.SearchStrategy[pa.Array]:
    """Values by their bits: whole numbers, and times that no calendar of Python's holds."""
    bits = kind.bit_width
    plain = {8: pa.uint8(), 16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}[bits]
    return cells(
        whole, lambda some: pa.array([None if one is None else one % 2**bits for one in some], plain).view(kind)
    )


def decimals(kind: pa.DataType) -> st.SearchStrategy[pa.Array]:
    most, width = 10**kind.precision - 1, kind.bit_width // 8

    def make(some: list[int | None]) -> pa.Array:
        unscaled = b"".join((one or 0).to_bytes(width, "little", signed=True) for one in some)
        return pa.Array.from_buffers(kind, ROWS, [None, pa.py_buffer(unscaled)])

    return cells(st.sampled_from((0, 1, 640 * 10**kind.scale % most, most, -most)), make)


def halves(some: list[float | None]) -> pa.Array:
    with np.errstate(over="ignore"):
        return pa.array([None if one is None else np.float16(one) for one in some], pa.float16())


FLAT = (
    *(cells(texts, lambda some, kind=kind: pa.array(some, kind)) for kind in (pa.string(), pa.large_string())),
    cells(texts, lambda some: pa.array(some, pa.string_view())),
    cells(binaries, lambda some: pa.array(some, pa.binary())),
    cells(binaries, lambda some: pa.array(some, pa.binary_view())),
    cells(binaries, lambda some: pa.array(some, pa.binary()).view(pa.string())),  # text that is none, as files may hold
    cells(st.binary(min_size=16, max_size=16), lambda some: pa.array(some, pa.uuid())),
    cells(texts, lambda some: pa.array(some, pa.json_(pa.string()))),
    cells(floats, lambda some: pa.array(some, pa.float64())),
    cells(floats, lambda some: pa.array(some, pa.float64()).cast(pa.float32(), safe=False)),
    cells(floats, halves),
    cells(st.booleans(), lambda some: pa.array(some, pa.bool_())),
    st.just(pa.nulls(ROWS)),
    *map(numbers, (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())),
    *map(numbers, TIMES),
    *map(numbers, (pa.date32(), pa.time32("s"), pa.time32("ms"))),
    *map(decimals, (pa.decimal128(38, 37), pa.decimal128(38, 0), pa.decimal128(9, 2), pa.decimal256(76, 40))),
    st.builds(lambda size: pa.array([b"\xff" * size] * ROWS, pa.binary(size)), st.integers(1, 40)),
)


@st.composite
def flat(draw: st.DrawFn) -> pa.Array:
    return draw(draw(st.sampled_from(FLAT)))


def nested(inner: st.SearchStrategy[pa.Array]) -> st.SearchStrategy[pa.Array]:
    return st.one_of(
        inner.map(lambda items: pa.ListArray.from_arrays(pa.array([0, 2, None, 2, ROWS], pa.int32()), items)),
        inner.map(lambda items: pa.LargeListArray.from_arrays(pa.array([0, 0, 0, 1, ROWS], pa.int64()), items)),
        inner.map(lambda items: pa.FixedSizeListArray.from_arrays(items, 1)),
        st.builds(
            lambda one, two, names: pa.StructArray.from_arrays([one, two], names),
            inner,
            inner,
            st.sampled_from((("prompt", "seconds"), ("speaker", "at"), ("key", "value"), ("../a", "\u202eb"))),
        ),
        inner.map(lambda values: pa.MapArray.from_arrays([0, 1, 1, 3, ROWS], pa.array(["a", "..", "a", "\0"]), values)),
    )


@st.composite
def columns(draw: st.DrawFn) -> dict[str, pa.Array]:
    """Up to five columns of a manifest, of any types."""
    names = st.sampled_from((*COLUMNS, "market", "../a", "\u202ename", "", "row_number", "a.b", "SELECT"))
    arrays = st.recursive(flat(), nested, max_leaves=4)
    some = draw(st.dictionaries(names | long.filter(lambda name: len(name) < 10_000), arrays, min_size=1, max_size=5))
    encoded = draw(st.booleans())
    return {
        name: array.dictionary_encode() if encoded and pa.types.is_string(array.type) else array
        for name, array in some.items()
    }


@contextmanager
def assume_writable() -> Iterator[None]:
    """Leave out what Parquet has no form for, such as times too far away for its units."""
    try:
        yield
    except pa.ArrowException:
        reject()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict[str, pa.Array]], Path]:
    """Writes columns, with right ones where a required one is not given, as a Parquet file."""

    def write(columns: dict[str, pa.Array]) -> Path:
        required = {"experiment": ["e"] * ROWS, "variant": ["v"] * ROWS, "prompt": ["A red ball falls"] * ROWS}
        with assume_writable():
            pq.write_table(pa.table(required | columns), tmp_path / "m.parquet", row_group_size=3)
        return tmp_path / "m.parquet"

    return write


def told(error: InputError) -> None:
    """A message, for people, that covers no fault of ours."""
    assert error.__cause__ is None or isinstance(error.__cause__, FOREIGN), repr(error.__cause__)
    assert len(str(error)) < 2000
    assert str(error).endswith((".", "?"))


def plain(fault: Fault) -> None:
    """Says what is wrong and what to change in a few visible words."""
    assert fault.reason.endswith(".")
    assert fault.fix.endswith(".")
    assert max(map(len, (fault.value, fault.experiment, fault.variant))) <= 120
    said = fault.reason + fault.value + fault.fix
    assert contracts.visible(said) == said


@settings(max_examples=100)
@given(table=columns())
def test_every_column_takes_its_form(
    written: Callable[[dict[str, pa.Array]], Path], table: dict[str, pa.Array]
) -> None:
    """Columns of any type with any values come into the contract's form, or their values are pointed at."""
    contract = contracts.load("manifest")
    try:
        normal = [normalise(part, contract) for part in manifest.read(manifest.files(written(table)))]
    except InputError as error:
        told(error)
        return
    assert sum(part.table.num_rows for part in normal) == ROWS
    for part in normal:
        part.table.validate(full=True)
        part.extra.validate(full=True)
        for column in contract.columns:
            assert is_unbuilt(column) or part.table.schema.field(column.name).type == column.type
        assert part.extra.num_rows == part.table.num_rows
        for start, stop in faults.ranges(part.faults, part.table.num_rows):
            for fault in faults.told(part.faults, start, stop).to_pylist():
                plain(Fault(**fault))


@settings(max_examples=5)
@given(table=columns())
def test_every_row_has_one_end(written: Callable[[dict[str, pa.Array]], Path], table: dict[str, pa.Array]) -> None:
    """Columns of any type with any values: each row is good or has faults, and good ones are safe to name things by."""
    try:
        pieces = list(manifest.rows(manifest.files(written(table)), engines=["world"], policies=["default"]))
    except InputError as error:
        told(error)
        return
    good = [row for piece in pieces for row in contracts.to_rows(piece.good)]
    bad = [fault for piece in pieces for fault in Faults(piece.faults)]
    assert sorted([*(row.row for row in good), *{fault.row for fault in bad}]) == list(range(ROWS))
    for row in good:
        assert not any(UNSAFE.search(name) for name in (row.experiment, row.variant, row.submitter, row.team))
        json.dumps([row.prompt, row.scene, dict(row.tags)], ensure_ascii=False).encode()
    for fault in bad:
        plain(fault)


@settings(max_examples=5, phases=[Phase.generate])
@given(table=columns(), listed=st.booleans())
def test_the_command_line_ends_with_an_exit_code(
    written: Callable[[dict[str, pa.Array]], Path],
    table: dict[str, pa.Array],
    listed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """`nightreel plan` says what it would do with any manifest, or what is wrong with it; never anything unexpected."""
    monkeypatch.chdir(tmp_path)
    path = written(table)
    options = ["--quarantined", "--scenes"] if listed else ["--json"]
    code = main(["plan", str(path), "--store", str(tmp_path / "store"), *options])
    out, err = capfd.readouterr()
    said = out + err if listed else json.loads(out)
    if code == 2:
        assert path.name in str(said), "it is the manifest that is refused"
    else:
        assert code == 0, err
        assert listed or said["rows"] == ROWS
    assert contracts.visible("".join(out.splitlines())) == "".join(out.splitlines())
