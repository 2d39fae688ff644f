import csv
import io
import zipfile
from dataclasses import replace

import pytest

from render import errors
from render.experiments import bundle
from render.experiments.gather import of_batch
from render.model import End


@pytest.fixture
def packed(make, store, spring, tmp_path):
    out = tmp_path / "out.zip"
    return bundle.write(store, lambda: of_batch(store, spring.id), out, now=make.now)[0]


def test_it_opens_and_every_link_stays_inside(make, packed):
    with zipfile.ZipFile(packed.file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        read_page = make.page(archive.read("index.html").decode())
        links = set(read_page.links())
        assert links == {name for name in names if name.startswith("media/")}
        for name in links:
            role = "clip" if name.endswith(".mp4") else name.split(".")[1]
            assert archive.read(name).startswith(role.encode())
    assert packed.clips == 3
    assert packed.bytes == packed.file.stat().st_size


def test_the_sheet_names_the_files_in_it(packed):
    with zipfile.ZipFile(packed.file) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("rows.csv").decode("utf-8-sig"))))
        assert {row["file"] for row in rows if row["file"]} <= set(archive.namelist())
    assert [bool(row["file"]) for row in rows] == [True, True, True, False, True, *[False] * 4]


def test_held_clips_stay_at_home_unless_asked_for(make, store, spring, packed, tmp_path):
    assert packed.withheld == 1
    view = of_batch(store, spring.id)
    whole = bundle.write(store, lambda: view, tmp_path / "whole.zip", now=make.now, with_held=True)[0]
    assert (whole.clips, whole.withheld) == (4, 0)


def test_clips_of_rows_without_an_end_stay_at_home(make, store, tmp_path):
    """No verdict lets them pass yet."""
    earlier, under_way = make.batch("earlier-00000001"), make.batch()
    make.keep(store, tmp_path, earlier, [(make.row(0), End.PUBLISHED)])
    make.keep(store, tmp_path, under_way, [(make.row(0), None)])
    view = of_batch(store, under_way.id)
    made = bundle.write(store, lambda: view, tmp_path / "out.zip", now=make.now, with_held=True)[0]
    assert (made.clips, made.withheld) == (0, 0)
    with zipfile.ZipFile(made.file) as archive:
        assert "Not finished yet" in make.page(archive.read("index.html").decode()).text()


def test_the_same_report_gives_the_same_bytes(make, store, spring, packed, tmp_path):
    again = bundle.write(store, lambda: of_batch(store, spring.id), tmp_path / "again.zip", now=make.now)[0]
    assert again.file.read_bytes() == packed.file.read_bytes()


def test_it_overwrites_only_when_told(make, store, spring, packed):
    view = of_batch(store, spring.id)
    packed.file.write_bytes(b"precious")
    with pytest.raises(errors.InputError, match=r"is there already.*--overwrite"):
        bundle.write(store, lambda: view, packed.file, now=make.now)
    assert packed.file.read_bytes() == b"precious"
    assert bundle.write(store, lambda: view, packed.file, now=make.now, overwrite=True)[0].bytes > 1000


def test_a_folder_that_is_not_there_is_said(make, store, spring, tmp_path):
    with pytest.raises(errors.InputError, match="no folder"):
        bundle.write(store, lambda: of_batch(store, spring.id), tmp_path / "nowhere" / "out.zip", now=make.now)


@pytest.mark.parametrize("damage", [b"", b"other bytes"])
def test_a_damaged_clip_is_never_packed(make, store, spring, tmp_path, damage):
    view = of_batch(store, spring.id)
    record = next(entry.record for entry in view.entries if entry.record)
    store.put(record.objects["clip"].path, damage)
    with pytest.raises(errors.CorruptObject, match="is not what its clip record says"):
        bundle.write(store, lambda: view, tmp_path / "out.zip", now=make.now)
    assert not [file for file in tmp_path.iterdir() if file.is_file()]


def test_no_path_of_this_machine_is_in_it(make, store, spring, tmp_path):
    view = of_batch(store, spring.id)
    assert view.batches[0].manifests[0].url == "file:///m/spring.parquet"
    out = bundle.write(store, lambda: replace(view), tmp_path / "out.zip", now=make.now)[0].file
    with zipfile.ZipFile(out) as archive:
        text = archive.read("index.html").decode() + archive.read("rows.csv").decode()
    assert str(tmp_path) not in text
    assert "file:///m" not in text
