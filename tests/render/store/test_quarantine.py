"""Faults by columns: in the order of rows, a row's together, however many there are and however they are cut."""

from __future__ import annotations

from pathlib import Path

import as_tables
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import store_makers as makers

from render.model import Fault, ReasonKind
from render.store import quarantine

PLANNED = makers.plan_table(*(makers.refused(row) if row in {1, 4} else makers.planned(row) for row in (0, 1, 4, 6)))
MALFORMED = [makers.fault(2), makers.fault(2, "width"), makers.fault(3), makers.fault(5), makers.fault(5, "width")]
REFUSED = [fault for row in (1, 4) if (fault := makers.refused(row).fault)]
EVERY = sorted([*MALFORMED, *REFUSED], key=lambda fault: fault.row)


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_malformed_and_refused_rows_come_in_one_order(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """Both are merged piece by piece, and no row is in two pieces."""
    monkeypatch.setattr(quarantine, "AT_ONCE", at_once)
    pieces = list(quarantine.of_plan(PLANNED, as_tables.of_faults(MALFORMED)))
    assert [fault for piece in pieces for fault in quarantine.Faults(piece)] == EVERY
    rows = [set(piece["row"].to_pylist()) for piece in pieces]
    assert sum(map(len, rows)) == len(set[int]().union(*rows)) == 5
    assert len(pieces) == {1: 5, 2: 3, 3: 2, 100: 1}[at_once]
    tally = quarantine.tally(pieces)
    counts = [(count.rows, count.first.kind, count.first.column, count.first.row) for count in tally.counts()]
    assert (tally.rows, counts) == (
        5,
        [
            (3, ReasonKind.INVALID, MALFORMED[0].column, 2),
            (2, ReasonKind.POLICY, "prompt", 1),
            (2, ReasonKind.INVALID, "width", 2),
        ],
    )


def test_nothing_is_quarantined_of_a_sound_plan() -> None:
    assert list(quarantine.of_plan(makers.plan_table(makers.planned(0)), None)) == []


@pytest.mark.parametrize("cut", [1, 2, 100])
def test_a_row_is_told_of_once_wherever_its_file_is_cut(tmp_path: Path, cut: int) -> None:
    """Files of earlier versions hold a row's faults in two row groups, if it so happens."""
    pq.write_table(as_tables.of_faults(EVERY), tmp_path / "old.parquet", row_group_size=cut)
    with pq.ParquetFile(tmp_path / "old.parquet") as parquet:
        told = pa.concat_tables(quarantine.by_row(parquet.iter_batches(cut))).to_pylist()
    assert [one["row"] for one in told] == [1, 2, 3, 4, 5]
    assert told[1]["reason"] == " ".join(fault.named for fault in MALFORMED[:2])
    assert told[1]["fix"] == " ".join(dict.fromkeys(fault.fix for fault in MALFORMED[:2]))
    assert [one["kind"] for one in told] == ["policy", "invalid", "invalid", "policy", "invalid"]
    found = quarantine.read(tmp_path / "old.parquet")
    assert (list(found), len(found), found.rows) == (EVERY, 7, 5)
    assert (found[0], found[-1], list(found[1:3])) == (EVERY[0], EVERY[-1], EVERY[1:3])


def test_a_reason_that_names_its_column_is_not_named_again() -> None:
    assert Fault.name("width", "width must be even.") == "width must be even."
    assert Fault.name("width", "Too wide.") == "width: Too wide."
