"""Arrow types out of their text."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.contracts.arrow import parse_type

PLAIN = [
    pa.int32(),
    pa.int64(),
    pa.float64(),
    pa.string(),
    pa.bool_(),
    pa.timestamp("us", tz="UTC"),
    pa.timestamp("ms"),
]
names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
arrow_types = st.recursive(
    st.sampled_from(PLAIN),
    lambda inner: (
        st.builds(pa.list_, inner)
        | st.builds(pa.map_, st.just(pa.string()), inner)
        | st.builds(pa.struct, st.dictionaries(names, inner, min_size=1, max_size=3).map(lambda d: list(d.items())))
    ),
    max_leaves=6,
)


def spelled(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list<{spelled(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{spelled(kind.key_type)}, {spelled(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{field.name}: {spelled(field.type)}' for field in kind)}>"
    return str(kind)


@given(arrow_types)
def test_every_type_is_read_as_it_is_spelled(kind: pa.DataType) -> None:
    assert parse_type(spelled(kind)) == kind


@pytest.mark.parametrize(
    "text", ["", "int33", "list", "list<", "list<int32", "map<string>", "struct<a>", "int32>", "int32!"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_type(text)
