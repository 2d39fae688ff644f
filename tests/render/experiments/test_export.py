import codecs
import csv
import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render import errors
from render.experiments import export, sheet
from render.experiments.gather import of_experiment
from render.experiments.view import view
from render.model import End


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_clips_get_speaking_names_and_the_rest_is_counted(store, spring, tmp_path, tree):
    done = export.write(store, "spring", tmp_path / "out")
    assert sorted(tree(tmp_path / "out")) == [
        "spring/anime/1-a-ball-falls.mp4",
        "spring/anime/4-a-ball-falls.mp4",
        "spring/clips.csv",
        "spring/realistic/0-a-ball-falls.mp4",
        "spring/realistic/2-1-1-waves.mp4",
    ]
    assert (done.written, done.unchanged) == (4, 0)
    assert done.left_out == {"failed": 1, "held": 1, "not finished yet": 1}
    assert done.sentence == f"4 clips in {done.folder}; left out: 1 failed, 1 held, 1 not finished yet."


def test_the_sheet_has_every_row_and_no_formula(store, spring, tmp_path):
    done = export.write(store, "spring", tmp_path)
    rows = rows_of(done.csv)
    assert list(rows[0]) == list(sheet.COLUMNS)
    assert [row["row"] for row in rows] == list("0123456")
    assert [bool(row["file"]) for row in rows] == [True, True, True, False, True, False, False]
    assert all((done.folder / row["file"]).is_file() for row in rows if row["file"])
    assert rows[2]["prompt"] == "'=1+1, waves"
    assert rows[0] | {"file": ""} == rows[0] | {
        "file": "",
        "end": "published",
        "variant": "realistic",
        "seconds": "4.0",
        "cpu_seconds": "12.34",
        "cost_usd": "0.0",
        "understood": "0.42",
        "stand_in": "true",
        "simulated": "true",
    }
    assert rows[3]["reason"] == "It was held."


def test_malformed_rows_of_the_experiment_are_told_too(make, store, tmp_path):
    own = [
        make.fault(1, experiment="spring", variant="b"),
        make.fault(1, "width", "x", experiment="spring", variant="b"),
    ]
    other = make.fault(2, experiment="autumn")
    make.keep(store, tmp_path, make.batch(), [(make.row(0), End.PUBLISHED)], [*own, other])
    done = export.write(store, "spring", tmp_path / "out")
    assert done.left_out == {"rejected": 1}
    good, bad = rows_of(done.csv)
    assert (bad["row"], bad["variant"], bad["end"], bad["file"]) == ("1", "b", "rejected", "")
    assert bad["reason"] == "seconds does not fit. width does not fit."
    assert good["end"] == "published"
    assert of_experiment(store, "spring").counts.rows == 2
    assert of_experiment(store, "autumn").counts.ends[End.REJECTED] == 1


def test_a_spreadsheet_reads_the_sheet_as_utf_8(make):
    """Excel takes a CSV without a byte order mark for the text of its own country."""
    shown = view(make.batch(), [make.planned(make.row(prompt="Grüße"))], [], [], {})
    data = sheet.write(shown, file=lambda _: "")
    assert data.startswith(codecs.BOM_UTF8)
    assert "Grüße" in data.decode("utf-8-sig")


def test_the_sheet_has_a_column_for_each_tag(make):
    rows = [make.row(0, tags={"season": "spring", "note": "=1+1"}), make.row(1), make.row(2, tags={"hero": "true"})]
    shown = view(make.batch(), [make.planned(row) for row in rows], [], [], {})
    found = list(csv.DictReader(io.StringIO(sheet.write(shown, file=lambda _: "").decode("utf-8-sig"), newline="")))
    assert list(found[0]) == [*sheet.COLUMNS, "tags.hero", "tags.note", "tags.season"]
    assert [[one[f"tags.{tag}"] for tag in ("hero", "note", "season")] for one in found] == [
        ["", "'=1+1", "spring"],
        ["", "", ""],
        ["true", "", ""],
    ]


def test_a_second_export_touches_nothing_that_is_right(store, spring, tmp_path, tree):
    first = export.write(store, "spring", tmp_path)
    for file in first.folder.rglob("*"):
        os.utime(file, (1, 1))
    wrong = first.folder / "realistic" / "0-a-ball-falls.mp4"
    wrong.write_bytes(b"cut short")
    before = tree(tmp_path)
    second = export.write(store, "spring", tmp_path)
    assert (second.written, second.unchanged) == (1, 3)
    assert {file.name for file in first.folder.rglob("*") if file.is_file() and file.stat().st_mtime != 1} == {
        wrong.name
    }
    assert {name for name, data in tree(tmp_path).items() if before[name] != data} == {"spring/realistic/" + wrong.name}
    assert "(3 of them there already)" in second.sentence


def test_a_damaged_clip_is_never_handed_on(store, spring, tmp_path, tree):
    clip = next(path for path in store.list("clips") if path.endswith("clip.mp4"))
    store.put(clip, b"damaged")
    with pytest.raises(errors.CorruptObject, match="is not what its clip record says"):
        export.write(store, "spring", tmp_path / "out")
    assert b"damaged" not in tree(tmp_path / "out").values()
    assert not [name for name in tree(tmp_path / "out") if name.endswith(".part")]


def test_no_name_leads_out_of_the_folder_or_onto_another(make, store, tmp_path, tree):
    scratch, out = tmp_path / "scratch", tmp_path / "out"
    scratch.mkdir()
    names = ["a b", "a-b", "A B", "..", "../..", "/etc", "東京", "con", "", "x" * 100]
    rows = [
        (make.row(n, experiment="../up", variant=name, prompt=f"{n} ../../{name}" * 40), End.PUBLISHED)
        for n, name in enumerate(names)
    ]
    make.keep(store, scratch, make.batch(), rows)
    before = set(tmp_path.iterdir())
    done = export.write(store, "../up", out)
    assert set(tmp_path.iterdir()) - before == {out}
    files = [name for name in tree(out) if name.endswith(".mp4")]
    assert len({name.casefold() for name in files}) == len(names)
    assert all(name.isascii() and max(map(len, name.split("/"))) <= 100 for name in files)
    assert done.folder.parent == out


def test_a_link_in_the_way_is_not_followed(store, spring, tmp_path):
    outside, out = tmp_path / "outside", tmp_path / "out"
    outside.mkdir()
    out.mkdir()
    (out / "spring").symlink_to(outside)
    with pytest.raises(errors.InputError, match="leads outside"):
        export.write(store, "spring", out)
    assert not list(outside.iterdir())


def test_a_file_in_the_way_is_said(store, spring, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(errors.InputError, match="cannot be made"):
        export.write(store, "spring", tmp_path / "out")


@given(st.text(max_size=40))
def test_no_cell_starts_a_formula(text):
    cell = sheet.safe(text)
    assert cell in {text, f"'{text}"}
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert not cell.startswith(("\t", "\r", "\n"))


def test_what_an_earlier_export_left_and_is_not_to_be_handed_on_is_named(store, spring, tmp_path):
    """A clip that was taken down meanwhile is out of reach there, and whoever hands the folder on must know."""
    first = export.write(store, "spring", tmp_path)
    assert first.stale == ()
    kept = next(first.folder.glob("*/*.mp4"))
    old = kept.with_name("9-an-older-one.mp4")
    old.write_bytes(kept.read_bytes())
    own = first.folder / "final" / "edit.mp4"
    own.parent.mkdir()
    own.write_bytes(b"what people have made of it")
    again = export.write(store, "spring", tmp_path)
    assert again.stale == (old,), "what people put there is theirs"
    assert f"there are still {old.relative_to(first.folder)}: remove them." in again.sentence
    assert old.exists()
