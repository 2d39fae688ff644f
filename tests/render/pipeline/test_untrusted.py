"""What people write into a manifest, and what they call its file, never becomes a path or a control character."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_process import NOW

from render import contracts, pipeline
from render.settings import Settings
from render.store import batches, receipts
from render.store.objects import store_of

pytestmark = pytest.mark.slow  # Great Expectations takes seconds to import

EVIL = (
    *(
        "../../escaped",
        "/etc/passwd",
        "..",
        ".",
        "..\\..\\escaped",
        "C:\\escaped",
        "%2e%2e%2fescaped",
        "a/../../escaped",
    ),
    *(
        "~/escaped",
        "file:///etc/passwd",
        "s3://bucket/escaped",
        "https://h/a?b#c",
        "a\0b",
        "a\nb",
        "\u202eb",
        "a\u2028b",
    ),
)
NAMES = ("experiment", "variant", "submitter", "team")
"""Columns whose values stand in the names of files that people get."""
CHOICES = ("style", "engine", "policy")
"""Columns whose values are looked up."""
OTHERS = ("dialogue", "cameos", "reference_uri", "remix_of", "deadline", "shots")
"""Columns in which such a text is no value."""
WORDS = ("prompt", "negative_prompt", "scene", "tags")
SAFE = re.compile(r"[a-z0-9][A-Za-z0-9_=-]*(\.[A-Za-z0-9_-]+)*")
FILES = (
    "a b.parquet",
    "..%2f..%2fescaped.parquet",
    "\u202etxt.parquet",
    "a\nb.parquet",
    "..escaped.parquet",
    "é;$(id).parquet",
)


def put(file: Path, columns: dict[str, list[str]]) -> None:
    rows = max(map(len, columns.values()))
    good = {"experiment": "e", "variant": "v", "prompt": "A ball falls", "engine": "testcard"}
    pq.write_table(pa.table({name: [text] * rows for name, text in good.items()} | columns), file)


def test_no_column_ends_in_a_path(settings: Settings, tmp_path: Path) -> None:
    """Each column holds each of these texts once: names and choices are refused, words stay words."""
    wild = [(column, text) for column in (*NAMES, *CHOICES, *OTHERS, *WORDS) for text in EVIL]
    columns = {
        column: [
            text if column == one else {"prompt": "A ball falls", "engine": "testcard"}.get(column)
            for one, text in wild
        ]
        for column in (*CHOICES, *OTHERS, *WORDS)
    }
    columns |= {column: [text if column == one else "e" for one, text in wild] for column in NAMES}
    columns["engine"] = [
        "world" if one == "scene" else engine for (one, _), engine in zip(wild, columns["engine"], strict=True)
    ]
    columns |= {f"../{text}": [text] * len(wild) for text in EVIL[:8]}
    inbox = Path(settings.store) / "inbox"
    inbox.mkdir(parents=True)
    put(inbox / "m.parquet", columns)
    before = {*tmp_path.rglob("*")}
    batch = pipeline.intake(settings, inbox=str(inbox), run_key="r", now=NOW)
    assert batch is not None
    summary = pipeline.plan(settings, batch.id, now=NOW)
    store = store_of(settings)

    faults = list(batches.read_quarantine(store, batch.id))
    refused = {wild[fault.row] for fault in faults if fault.column == wild[fault.row][0]}
    odd = {(column, text) for column in (*CHOICES, *OTHERS) for text in EVIL}
    odd |= {(column, text) for column in NAMES for text in EVIL if not text.startswith(("~", "%"))}
    assert odd <= refused
    assert summary.manifest_rows == len(wild)
    parts = ("column", "value", "reason", "fix", "experiment", "variant")
    said = [(fault.row, part, getattr(fault, part)) for fault in faults for part in parts]
    assert [(row, part, text) for row, part, text in said if contracts.visible(text) != text] == []
    for row in batches.read_plan(store, batch.id):
        assert not any(re.search(r"[/\\\x00-\x1f]|\.\.", getattr(row.row, name)) for name in NAMES)
        assert re.fullmatch(r"[0-9a-f]{64}", row.fingerprint)
    ended = receipts.read(store, batch.id)
    assert all(contracts.visible(reason) == reason for reason in ended["reason"].to_pylist())
    only_below(settings, tmp_path, before)


def test_no_name_of_a_file_ends_in_a_path(settings: Settings, tmp_path: Path) -> None:
    """An inbox takes what files are called for what they are called, be they right or damaged."""
    inbox = Path(settings.store) / "inbox"
    inbox.mkdir(parents=True)
    for name in FILES:
        put(inbox / name, {"variant": ["v"]})
        (inbox / f"bad {name}").write_bytes(b"no Parquet")
    before = {*tmp_path.rglob("*")}
    batch = pipeline.intake(settings, inbox=str(inbox), run_key="../../escaped", now=NOW)
    assert batch is not None
    summary = pipeline.plan(settings, batch.id, now=NOW)
    hidden = sum(name.startswith(".") for name in FILES)
    assert (summary.rows, summary.quarantined) == (len(FILES) - hidden, 0)
    assert len(batch.refused) == len(FILES)
    for refused in batch.refused:
        assert contracts.visible(refused.reason) == refused.reason
    only_below(settings, tmp_path, before)


def only_below(settings: Settings, folder: Path, before: set[Path]) -> None:
    """What is new lies in the store's own folders, or in scratch, and is named in plain letters."""
    new = [path for path in folder.rglob("*") if path not in before and path.is_file()]
    assert new
    for path in new:
        parts = path.relative_to(settings.store).parts
        assert parts[0] in {"batches", "intakes"}, path
        assert all(SAFE.fullmatch(part) for part in parts), path
