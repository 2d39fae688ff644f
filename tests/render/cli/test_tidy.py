"""``nightreel tidy`` says first what there is to do, and does it when it is told to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from render import contracts
from render.cli import main
from render.store import catalog
from render.store.catalog import compaction
from render.store.objects import ObjectStore, open_store

FIGURE = {"check": "black", "name": "black_share", "value": 0.5, "unit": "1"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """A catalog whose checks lie in three files."""
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))
    store = open_store(str(tmp_path / "store"))
    schemas = {name: contracts.load(name).arrow_schema() for name in ("requests", "clips", "checks")}
    for number in range(3):
        tables = {name: schema.empty_table() for name, schema in schemas.items()}
        tables["checks"] = pa.Table.from_pylist([FIGURE | {"fingerprint": f"{number:064x}"}], schemas["checks"])
        catalog.publish_clips(store, tables["clips"], tables["checks"])
        catalog.publish_requests(store, "a-batch", tables["requests"])
    return store


def test_what_there_is_to_do_is_shown_first_and_done_when_it_is_said(
    store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    before = store.list()
    assert main(["tidy"]) == 0
    said = capsys.readouterr().out
    assert "checks: 3 files; 3 small ones to be compacted" in said
    assert "Do it: nightreel tidy --yes" in said
    assert store.list() == before
    assert main(["tidy", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "checks: 3 files; 3 small ones compacted" in said
    assert said.endswith("Done.\n")
    assert main(["tidy", "--older-than", "24"]) == 0
    assert "checks: 1 file\n" in (said := capsys.readouterr().out)
    assert said.endswith("Nothing is to be done.\n")


def test_the_document_says_what_was_done(store: ObjectStore, said: Callable[..., tuple[int, Any]]) -> None:
    orphan = Path(store.url) / "catalog/clips/part-lost.parquet"
    orphan.write_bytes(b"1234")
    code, document = said("tidy", "--yes")
    assert code == 0
    assert document["store"] == store.url
    [checks, clips, requests] = document["tables"]
    assert checks == {
        "table": "checks",
        "files": 3,
        "small": 3,
        "compacted": True,
        "stale": 0,
        "stale_bytes": 0,
        "removed": False,
        "untold": 0,
    }
    assert (clips["files"], clips["stale"], requests["files"]) == (0, 0, 0)


def test_what_could_not_be_done_is_told(
    store: ObjectStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "compact", lambda *_, **__: False)
    assert main(["tidy", "--yes"]) == 0
    assert "Other commands were faster" in capsys.readouterr().out


def test_an_empty_store_and_a_short_grace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "empty"))
    assert main(["tidy"]) == 0
    assert "Nothing is published" in capsys.readouterr().out
    assert main(["tidy", "--older-than", "0"]) == 2
    assert "--older-than" in capsys.readouterr().err


def test_scratch_is_made_only_to_do_it(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To look needs none, and one that cannot be made is told with the setting that names it."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "file" / "scratch"))
    assert main(["tidy"]) == 0
    before = store.list()
    assert main(["tidy", "--yes"]) == 2
    assert "Set NIGHTREEL_SCRATCH to a folder of yours" in capsys.readouterr().err
    assert store.list() == before
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))
    assert main(["tidy"]) == 0
    assert not (tmp_path / "scratch").exists()
