import json
import shutil
from pathlib import Path
from urllib.parse import unquote

from render.experiments import report
from render.experiments.gather import of_batch, of_experiment
from render.model import End


def files_of(make, html: Path) -> list[Path]:
    """The files that a page leads to, as a browser resolves its links."""
    return [html.parent.joinpath(unquote(link)).resolve() for link in make.page(html.read_text("utf-8")).links()]


def path_of(store, uri: str) -> Path:
    return Path(store.url.removeprefix("file://")) / unquote(uri).removeprefix(unquote(store.uri("x"))[:-1])


def test_every_link_of_the_page_leads_to_a_file_of_the_store(make, store, spring):
    html = path_of(store, report.write(store, of_batch(store, spring.id), now=make.now))
    files = files_of(make, html)
    assert html.parts[-4:] == ("batches", spring.id, "report", "index.html")
    assert len([file for file in files if file.name == "clip.mp4"]) == 2 * 4
    assert all(file.is_file() for file in files)


def test_a_store_that_moved_still_shows_its_clips(make, store, spring, tmp_path):
    html = path_of(store, report.write(store, of_batch(store, spring.id), now=make.now))
    root = html.parents[3]
    moved = tmp_path / "moved here, with spaces & more"
    shutil.move(root, moved)
    files = files_of(make, moved / html.relative_to(root))
    assert files
    assert all(file.is_file() and file.is_relative_to(moved) for file in files)


def test_the_report_of_an_experiment_covers_its_batches(make, store, spring, tmp_path):
    later = make.batch("later-00000000002", created_at="2026-11-23T02:00:00+00:00")
    make.keep(store, tmp_path / "scratch", later, [(make.row(0, variant="new", prompt="New"), End.PUBLISHED)])
    html = path_of(store, report.write(store, of_experiment(store, "spring"), now=make.now))
    assert all(file.is_file() for file in files_of(make, html))
    assert make.page(html.read_text("utf-8")).text(within="h1").startswith("8 rows: 4 published, ")


def test_experiments_never_share_a_page(make, store, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    rows = [(make.row(n, experiment=name, prompt=name), End.PUBLISHED) for n, name in enumerate(("a b", "a-b", "A-B"))]
    make.keep(store, scratch, make.batch(), rows)
    views = [of_experiment(store, row.experiment) for row, _ in rows]
    assert len({report.write(store, view, now=make.now) for view in views}) == 3


def test_the_document_beside_the_page_tells_the_same_to_programs(make, store, spring):
    html = path_of(store, report.write(store, of_batch(store, spring.id), now=make.now))
    told = json.loads(html.with_name("report.json").read_bytes())
    assert told["sentence"] == make.page(html.read_text("utf-8")).text(within="h1")
    assert set(told["ends"]) == {str(end) for end in End}
    assert [clip["row"] for clip in told["clips"]] == list(range(7))
    assert [(problem["row"], problem["column"]) for problem in told["problems"] if problem["column"]] == [
        (7, "seconds"),
        (7, "style"),
        (8, "prompt"),
    ]
    paths = [clip["path"] for clip in told["clips"] if clip["path"]]
    assert len(paths) == 5
    assert all(store.exists(path) for path in paths)


def test_writing_it_again_replaces_it_with_the_same(make, store, spring):
    first = path_of(store, report.write(store, of_batch(store, spring.id), now=make.now))
    html = first.read_bytes()
    report.write(store, of_batch(store, spring.id), now=make.now)
    assert first.read_bytes() == html


def test_the_report_of_a_batch_under_way_shows_what_is_made(make, store, tmp_path):
    earlier, under_way = make.batch("earlier-00000001"), make.batch()
    make.keep(store, tmp_path, earlier, [(make.row(0), End.PUBLISHED)])
    make.keep(store, tmp_path, under_way, [(make.row(0), None), (make.row(1, prompt="Not yet"), None)])
    html = path_of(store, report.write(store, of_batch(store, under_way.id), now=make.now))
    page = make.page(html.read_text("utf-8"))
    assert len(page.all("video")) == 1
    assert all(file.is_file() for file in files_of(make, html))
    assert "Not finished yet" in page.text()
    told = json.loads(html.with_name("report.json").read_bytes())
    assert (told["unfinished"], told["made"]) == (2, 1)
    assert [bool(clip["path"]) for clip in told["clips"]] == [True, False]
