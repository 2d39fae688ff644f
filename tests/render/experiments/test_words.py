import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.experiments import words


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (-23.4127, "LUFS", "−23.4 LUFS"),
        (96.0, "frames", "96 frames"),
        (5.3333, "ms", "5.33 ms"),
        (0.0312, "1", "3.12 %"),
        (1.25, "1", "1.25"),
        (0.0, "1", "0 %"),
        (-1e9, "LUFS", "−∞ LUFS"),
        (1e9, "dB", "∞ dB"),
        (12345.6, "px", "12,346 px"),
        (0.0001234, "s", "0.000123 s"),
        (999.9, "ms", "1,000 ms"),
        (-0.0, "dB", "0 dB"),
    ],
)
def test_figures_are_rounded_for_people(value, unit, said):
    assert words.measure(value, unit) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "$0.00"), (0.004, "$0.0040"), (1e-9, "under $0.0001"), (1234.5, "$1,234.50"), (0.01, "$0.01")],
)
def test_money_never_hides_behind_a_zero(value, said):
    assert words.dollars(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0 s"), (3.94, "3.9 s"), (59.99, "1 min 00 s"), (125, "2 min 05 s"), (4320, "1 h 12 min"), (0.042, "0.042 s")],
)
def test_spans_of_time(value, said):
    assert words.seconds(value) == said


def test_sizes_and_instants():
    assert words.size(12) == "12 bytes"
    assert words.size(102_345) == "102 kB"
    assert words.size(5_300_000_000_000) == "5,300 GB"
    assert words.instant("2026-11-22T02:00:04+01:00") == "2026-11-22 01:00 UTC"
    assert words.instant("last night") == "last night"


@given(st.floats(-1e12, 1e12))
def test_any_number_has_a_short_form(value):
    assert 0 < len(words.number(value)) <= 15
