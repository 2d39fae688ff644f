"""Held rows wait for a person: whatever is decided, by however many, each row has one end, the first decision's."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from in_process import NOW, SMALL, InProcess, go, raising

from render import errors, pipeline, review
from render.checks import policy
from render.experiments import bundle, export, gather
from render.farm import dispatch
from render.model import End
from render.settings import Settings, load
from render.store import catalog, clips, layout, receipts, reviews, tables
from render.store.directory import DirectoryStore
from render.store.objects import open_store

LATER = NOW + timedelta(days=1)
LIMIT = "{check: black, figure: mean_luma, max: 0.5, outcome: hold, reason: It is too light., fix: Look at it.}"
"""Test cards of half a second are lighter than this, those of a second are not."""


STRICT = policy.parse(f"title: A test.\nlimits: [{LIMIT}]", source="test")


@pytest.fixture(autouse=True)
def holding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that holds light test cards."""
    monkeypatch.setattr(policy, "load", lambda _: STRICT)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store, and its batch of which rows 0, 1 and 3 are held, 1 being the same clip as 0, and row 2 is published."""
    folder = tmp_path_factory.mktemp("rendered")
    rows = [("a", 0.5), ("a", 0.5), ("b", 1.0), ("c", 0.5)]
    given = [
        {"experiment": "e", "variant": str(place), "prompt": prompt, **SMALL, "seconds": seconds}
        for place, (prompt, seconds) in enumerate(rows)
    ]
    pq.write_table(pa.Table.from_pylist(given), folder / "m.parquet")
    settings = load(store=str(folder / "store"), scratch=folder / "scratch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy, "load", lambda _: STRICT)
        patch.setattr(dispatch, "run", InProcess().run)
        status = go(settings, str(folder / "m.parquet"))
    assert status.ends == {End.HELD: 3, End.PUBLISHED: 1}
    return folder / "store", status.batch


@pytest.fixture
def batch(settings: Settings, rendered: tuple[Path, str]) -> str:
    """The id of that batch, in a copy of its store."""
    folder, batch = rendered
    shutil.copytree(folder, settings.store)
    return batch


def decide(settings: Settings, batch: str, *rows: int, approved: bool = True, by: str = "ann") -> review.Decided:
    """A decision on these rows, or on all where none is named, that is carried out."""
    decided = review.decide(
        settings, batch, approved=approved, rows=rows or None, by=by, comment="So it is.", now=LATER
    )
    review.finish(settings, batch, now=LATER)
    return decided


def ends(settings: Settings, batch: str) -> dict[int, End | None]:
    return {clip.row: clip.end for clip in pipeline.status(settings, batch).clips}


def in_catalog(settings: Settings) -> list[dict[str, Any]]:
    sql = 'select row, "end", reason, reason_kind, fix from results order by row'
    return catalog.query(open_store(settings.store), sql).to_pylist()


def rows(settings: Settings, table: str) -> list[dict[str, Any]]:
    return catalog.query(open_store(settings.store), f"from {table} order by all").to_pylist()


def test_what_waits_is_told_with_its_reason_and_its_clip(settings: Settings, batch: str) -> None:
    """The list names the check that holds a row, and the file to be watched."""
    waiting = review.held(settings, batch)
    assert [(one.row, one.check, one.review) for one in waiting] == [(row, "black", None) for row in (0, 1, 3)]
    assert waiting[0].reason.startswith("It is too light. (black.mean_luma is 0.5")
    assert all(Path(one.uri.removeprefix("file://")).exists() for one in waiting)


def test_what_waits_is_told_without_reading_a_clip_that_was_published(
    settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question about thousands of held rows is put several times."""
    before = review.held(settings, batch)
    monkeypatch.setattr(clips, "find", raising(AssertionError("A record is read.")))
    assert review.held(settings, batch) == before
    assert review.decide(settings, batch, approved=True, rows=None, by="ann", comment="x", now=LATER).review


def test_what_waits_is_told_of_clips_that_were_not_published_yet(
    settings: Settings, batch: str, tmp_path: Path
) -> None:
    before = review.held(settings, batch)
    shutil.rmtree(tmp_path / "store" / layout.CATALOG)
    assert review.held(settings, batch) == before


def test_a_clip_that_was_made_anew_is_not_the_one_that_is_held(settings: Settings, batch: str, tmp_path: Path) -> None:
    """Nobody approves by one file what was judged on another."""
    first = review.held(settings, batch)[0]
    folder = Path(first.uri.removeprefix("file://")).parent
    folder.rename(folder.with_name(clips.new_attempt("another")))
    told = {one.row: (one.uri, one.check) for one in review.held(settings, batch)}
    assert (told[0], told[3][1]) == (("", ""), "black")
    with pytest.raises(errors.InputError, match="The clip of row 0, 1 has been deleted"):
        decide(settings, batch, 0)


def test_an_approved_row_is_published_everywhere_and_its_duplicate_follows(
    settings: Settings, batch: str, tmp_path: Path
) -> None:
    """Status, catalog, report, bundle and export agree, and say who approved it and why it was held."""
    before = pipeline.status(settings, batch).elapsed_seconds
    decided = decide(settings, batch, 0)
    assert decided.review is not None
    assert decided.review.rows == (0, 1)
    assert ends(settings, batch) == {0: End.PUBLISHED, 1: End.REUSED, 2: End.PUBLISHED, 3: End.HELD}
    status = pipeline.status(settings, batch)
    assert (status.state, status.elapsed_seconds) == ("finished", before)
    said = in_catalog(settings)[0]
    assert said["reason"].startswith('Approved by ann: "So it is.". It was held: It is too light.')
    assert (said["end"], said["reason_kind"], said["fix"]) == ("published", "review", None)
    store = open_store(settings.store)
    view = gather.of_batch(store, batch)
    assert view.counts.ends[End.HELD] == 1
    report = json.loads((tmp_path / "store" / layout.report(batch, "report.json")).read_text())
    assert [one["end"] for one in report["clips"]] == ["published", "reused", "published", "held"]
    assert (
        said["reason"].partition(".")[0].replace('"', "&#34;")
        in (tmp_path / "store" / layout.report(batch)).read_text()
    )
    made = bundle.write(store, lambda: view, tmp_path / "out.zip", now=NOW)[0]
    assert (made.clips, made.withheld) == (2, 1)
    exported = export.write(store, "e", tmp_path / "out")
    assert (exported.written, exported.left_out) == (3, {"held": 1})


def test_a_refused_row_is_rejected_by_that_person(settings: Settings, batch: str) -> None:
    """It keeps what the check advises, and no table says any more that it waits."""
    decide(settings, batch, 3, approved=False)
    assert ends(settings, batch)[3] is End.REJECTED
    said = in_catalog(settings)[3]
    assert said["reason"].startswith('Refused by ann: "So it is.". It was held: It is too light.')
    assert (said["end"], said["reason_kind"], said["fix"]) == ("rejected", "review", "Look at it.")
    assert [one.row for one in review.held(settings, batch)] == [0, 1]


def test_the_first_decision_on_a_row_counts_and_the_second_person_is_told(settings: Settings, batch: str) -> None:
    """Whoever comes second decides on what is left, and learns who was first."""
    decide(settings, batch, 0, by="ann")
    second = decide(settings, batch, 1, 3, approved=False, by="ben")
    assert second.review is not None
    assert second.review.rows == (3,)
    assert [(row, one.by, one.approved) for row, one in second.before.items()] == [(1, "ann", True)]
    assert ends(settings, batch) == {0: End.PUBLISHED, 1: End.REUSED, 2: End.PUBLISHED, 3: End.REJECTED}
    third = decide(settings, batch, by="cy")
    assert (third.review, third.before) == (None, {})


def test_who_decides_meanwhile_is_first(settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and recording another record may come: it is read, and only what it leaves is decided."""
    record = reviews.record

    def overtaken(*given: Any) -> bool:
        monkeypatch.setattr(reviews, "record", record)
        review.decide(settings, batch, approved=False, rows=[0], by="ben", comment="No.", now=LATER)
        return record(*given)

    monkeypatch.setattr(reviews, "record", overtaken)
    decided = decide(settings, batch)
    assert decided.review is not None
    assert decided.review.rows == (3,)
    assert {row: one.by for row, one in decided.before.items()} == {0: "ben", 1: "ben"}
    assert ends(settings, batch) == {0: End.REJECTED, 1: End.REJECTED, 2: End.PUBLISHED, 3: End.PUBLISHED}


@pytest.mark.parametrize(
    ("rows", "by", "comment", "told"),
    [
        ([2], "ann", "x", "row 2 is published"),
        ([0, 99], "ann", "x", "there is no row 99"),
        ([0], " ", "x", "Say who decides"),
        ([0], "ann", "", "Say why"),
        ([0], "ann\x1b[31m", "x", "Say who decides"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_nothing_is_recorded(
    settings: Settings, batch: str, rows: list[int], by: str, comment: str, told: str
) -> None:
    """The message says what is wrong with it."""
    with pytest.raises(errors.InputError, match=told):
        review.decide(settings, batch, approved=True, rows=rows, by=by, comment=comment, now=LATER)
    assert reviews.read(open_store(settings.store), batch) == []


def test_a_clip_that_is_gone_cannot_be_approved(settings: Settings, batch: str, tmp_path: Path) -> None:
    """By name that is an error, among all it is left as it is; it can be refused."""
    gone = next(one for one in review.held(settings, batch) if one.row == 3)
    shutil.rmtree(tmp_path / "store" / layout.clip(gone.fingerprint))
    with pytest.raises(errors.InputError, match="The clip of row 3 has been deleted"):
        decide(settings, batch, 3)
    assert decide(settings, batch).without_clip == (3,)
    assert [(one.row, one.uri, one.check) for one in review.held(settings, batch)] == [(3, "", "")]
    decide(settings, batch, 3, approved=False)
    assert ends(settings, batch)[3] is End.REJECTED


def test_an_approval_whose_clip_goes_before_it_is_carried_out_publishes_nothing(
    settings: Settings, batch: str, tmp_path: Path
) -> None:
    """The same command ends it, as it is told to: the row is rejected, and what the same decision let pass is not."""
    review.decide(settings, batch, approved=True, rows=[0, 3], by="ann", comment="So it is.", now=LATER)
    gone = next(one for one in review.held(settings, batch) if one.row == 3)
    shutil.rmtree(tmp_path / "store" / layout.clip(gone.fingerprint))
    again = decide(settings, batch, 0, 3)
    assert (sorted(again.before), again.without_clip) == ([0, 1, 3], ())
    assert ends(settings, batch) == {0: End.PUBLISHED, 1: End.REUSED, 2: End.PUBLISHED, 3: End.REJECTED}
    said = in_catalog(settings)[3]
    assert said["reason"].startswith(
        'Approved by ann: "So it is.", but its clip was deleted before that was carried out. It was held: It is too'
    )
    assert said["fix"] == "Run its manifest again."
    assert review.held(settings, batch) == []


def test_a_gap_in_what_was_decided_is_told(settings: Settings, batch: str, tmp_path: Path) -> None:
    """Nobody knows what stood there: nothing is decided beside it, and nothing waits for ever."""
    decide(settings, batch, 0)
    decide(settings, batch, 3)
    (tmp_path / "store" / layout.review(batch, 0)).unlink()
    with pytest.raises(errors.StoreError, match=r"reviews/000000\.json is missing.*Restore it"):
        decide(settings, batch)


def test_a_stray_file_beside_what_was_decided_is_no_decision(settings: Settings, batch: str, tmp_path: Path) -> None:
    """Somebody copied a record, or left a note."""
    decide(settings, batch, 0)
    first = tmp_path / "store" / layout.review(batch, 0)
    for name in ("000000 (1).json", "1.json", "000001.json.bak", "more/000001.json"):
        (first.parent / name).parent.mkdir(exist_ok=True)
        shutil.copy(first, first.parent / name)
    decide(settings, batch, 3)
    assert [known.rows for known in reviews.read(open_store(settings.store), batch)] == [(0, 1), (3,)]


@pytest.mark.parametrize("approved", [True, False])
def test_a_row_of_a_policy_that_is_gone_can_be_decided(
    settings: Settings, batch: str, rendered: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, approved: bool
) -> None:
    """A newer release may have dropped the policy. What is approved under nothing carries over to nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(policy, "names", list)
        patch.setattr(policy, "load", raising(errors.NotFound("There is no policy.")))
        assert [one.check for one in review.held(settings, batch)] == [""] * 3
        decide(settings, batch, approved=approved)
        assert ends(settings, batch)[3] is (End.PUBLISHED if approved else End.REJECTED)
    assert again(settings, rendered[0], monkeypatch)[3] is End.HELD


def test_what_a_slow_controller_settles_later_does_not_undo_a_decision(settings: Settings, batch: str) -> None:
    """A shard's receipts that are written once more, even after the decision, only say what a check says."""
    store = open_store(settings.store)
    held = [one for one in tables.receipts(receipts.read(store, batch)) if one.end is End.HELD]
    decide(settings, batch)
    again = tables.receipt_table(held)
    late = pa.array(["2027-01-01T00:00:00+00:00"] * len(again))
    receipts.write(
        store, batch, 0, "late", again.set_column(again.column_names.index("finished_at"), "finished_at", late)
    )
    pipeline.publish(settings, batch)
    assert ends(settings, batch) == {0: End.PUBLISHED, 1: End.REUSED, 2: End.PUBLISHED, 3: End.PUBLISHED}
    assert [one["end"] for one in in_catalog(settings)] == ["published", "reused", "published", "published"]


def again(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, **columns: Any) -> dict[int, End | None]:
    """How the rows of the batch's manifest end in a later batch; ``columns`` are changed in it."""
    rows = pq.read_table(folder.parent / "m.parquet").to_pylist()
    pq.write_table(
        pa.Table.from_pylist([row | columns for row in rows]), Path(settings.scratch).parent / "again.parquet"
    )
    monkeypatch.setattr(dispatch, "run", raising(AssertionError("A clip is rendered again.")))
    path = str(Path(settings.scratch).parent / "again.parquet")
    return ends(settings, go(settings, path, key="run-9", now=LATER + timedelta(days=2)).batch)


def test_an_approval_carries_over_to_the_same_experiment(
    settings: Settings, batch: str, rendered: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run again, what was approved is not asked about any more, and it is told who approved it where; what was refused
    is held again."""
    decide(settings, batch, 0)
    decide(settings, batch, 3, approved=False)
    assert again(settings, rendered[0], monkeypatch) == dict.fromkeys((0, 1, 2), End.REUSED) | {3: End.HELD}
    said = catalog.query(
        open_store(settings.store), "select reason from requests where batch <> '" + batch + "' order by row"
    )
    assert said["reason"][0].as_py().startswith(f'Approved by ann: "So it is." in batch {batch}. It was held: It is')


@pytest.mark.parametrize("latest", [True, False], ids=["approved", "refused"])
def test_of_what_people_decided_on_a_clip_in_several_batches_the_latest_counts(
    settings: Settings, batch: str, rendered: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, latest: bool
) -> None:
    """Two batches hold the same clip for the same experiment, and two people decide otherwise."""
    path, days = str(rendered[0].parent / "m.parquet"), timedelta(days=1)
    monkeypatch.setattr(dispatch, "run", raising(AssertionError("A clip is rendered again.")))
    other = go(settings, path, key="run-2", now=LATER).batch
    assert ends(settings, other)[3] is End.HELD
    for place, approved in ((batch, not latest), (other, latest)):
        now = LATER + days if place == other else LATER
        review.decide(settings, place, approved=approved, rows=[3], by="ann", comment="x", now=now)
        review.finish(settings, place, now=now)
    assert again(settings, rendered[0], monkeypatch)[3] is (End.REUSED if latest else End.HELD)


STRICTER = f"title: A test.\nlimits: [{LIMIT}, {LIMIT.replace('mean_luma', 'black_share')}]"


@pytest.mark.parametrize("what", ["experiment", "policy", "clip"])
def test_an_approval_does_not_carry_over_where_it_was_given_for_something_else(
    settings: Settings, batch: str, rendered: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Another experiment, a policy that demands more, a clip that was deleted and made anew: a person has to look."""
    decide(settings, batch)
    if what == "policy":
        stricter = policy.parse(STRICTER, source="test")
        monkeypatch.setattr(policy, "load", lambda _: stricter)
    if what == "clip":
        read = receipts.read

        def of_another_file(store: Any, batch_id: str) -> pa.Table:
            found = read(store, batch_id)
            return found.set_column(found.column_names.index("path"), "path", pa.array(["other"] * len(found)))

        monkeypatch.setattr(receipts, "read", of_another_file)
    ended = again(settings, rendered[0], monkeypatch, **({"experiment": "other"} if what == "experiment" else {}))
    assert [ended[row] for row in (0, 1, 3)] == [End.HELD] * 3


def test_a_record_whose_answer_was_lost_is_known_again(
    settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that asks again finds the record there: it is that person's own, and nobody came first."""
    put = DirectoryStore.put_if_absent

    def put_twice(store: DirectoryStore, path: str, data: bytes) -> bool:
        return put(store, path, data) and put(store, path, data)

    monkeypatch.setattr(DirectoryStore, "put_if_absent", put_twice)
    decided = review.decide(settings, batch, approved=True, rows=None, by="ann", comment="x", now=LATER)
    assert decided.review is not None
    assert decided.review.rows == (0, 1, 3)
    assert decided.before == {}


STEPS: list[tuple[object, str]] = [
    (reviews, "record"),
    (receipts, "write_reviewed"),
    (catalog, "publish_requests"),
    (catalog, "withdraw"),
    (pipeline, "report"),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_decision_that_was_killed_is_completed_by_the_same_command(
    settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch, module: object, name: str, after: bool
) -> None:
    """Before or after each thing that is written; and it is then as if nothing had happened."""
    step: Callable[..., Any] = getattr(module, name)

    def killed(*given: Any, **options: Any) -> None:
        if after:
            step(*given, **options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(KeyboardInterrupt):
            decide(settings, batch, 0)
    again = decide(settings, batch, 0)
    assert {one.by for one in again.before.values()} <= {"ann"}
    assert ends(settings, batch) == {0: End.PUBLISHED, 1: End.REUSED, 2: End.PUBLISHED, 3: End.HELD}
    assert [one["end"] for one in in_catalog(settings)] == ["published", "reused", "published", "held"]
    assert len(reviews.read(open_store(settings.store), batch)) == 1


def test_a_decision_reads_no_clip(settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch has been published and swept: the catalog tells what each record would, however many rows there are."""
    looked: list[str] = []
    find = clips.find
    monkeypatch.setattr(
        clips, "find", lambda store, fingerprint: looked.append(fingerprint) or find(store, fingerprint)
    )
    monkeypatch.setattr(pipeline, "report", lambda *_, **__: "")
    review.decide(settings, batch, approved=False, rows=[3], by="ann", comment="x", now=LATER)
    review.finish(settings, batch, now=LATER)
    assert looked == []
    assert in_catalog(settings)[3]["end"] == "rejected"


@pytest.mark.parametrize("lost", [("checks", "clips", "requests"), ("clips", "requests"), ("requests",), ()])
def test_a_decision_completes_a_publish_that_died(
    settings: Settings, batch: str, tmp_path: Path, lost: tuple[str, ...]
) -> None:
    """Before any table, between two of them or before the sweep: then a person decides, and the batch is finished."""
    before = {name: rows(settings, name) for name in ("checks", "clips")}
    for name in lost:
        shutil.rmtree(tmp_path / "store" / layout.table(name))
    (tmp_path / "store" / layout.finished(batch)).unlink()
    clip = review.held(settings, batch)[0].fingerprint
    dead = layout.clip_object(clip, clips.new_attempt(batch), "clip")
    open_store(settings.store).put(dead, b"x")
    decide(settings, batch)
    assert {name: rows(settings, name) for name in ("checks", "clips")} == before
    assert [one["end"] for one in in_catalog(settings)] == ["published", "reused", "published", "published"]
    assert not open_store(settings.store).exists(dead)
    assert pipeline.status(settings, batch).state == "finished"


def test_what_is_decided_but_not_carried_out_is_told(
    settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then its row is held, with the decision beside it."""
    with monkeypatch.context() as patch:
        patch.setattr(receipts, "write_reviewed", raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            decide(settings, batch, 3)
    assert [(one.row, one.review and one.review.by) for one in review.held(settings, batch)] == [
        (0, None), (1, None), (3, "ann"),
    ]  # fmt: skip


def test_a_decision_done_again_writes_nothing(settings: Settings, batch: str, tmp_path: Path) -> None:
    """Neither records, nor receipts, nor the catalog."""

    def written() -> list[Path]:
        found = (tmp_path / "store").rglob("*")
        return sorted(path for path in found if "report" not in path.parts)

    decide(settings, batch, 0)
    before = written()
    decide(settings, batch, 0)
    assert written() == before


DECISIONS = st.lists(
    st.tuples(st.booleans(), st.one_of(st.none(), st.lists(st.sampled_from([0, 1, 3]), min_size=1, max_size=3))),
    max_size=6,
)


@examples(max_examples=15)
@given(decisions=DECISIONS, finished=st.lists(st.booleans(), min_size=6, max_size=6))
def test_each_row_has_exactly_one_end_and_it_is_the_first_decision(
    decisions: list[tuple[bool, list[int] | None]],
    finished: list[bool],
    settings: Settings,
    batch: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Whatever is decided in whatever order, carried out at once or not; compared with a model of three lines."""
    for name in ("publish", "report"):
        monkeypatch.setattr(pipeline, name, lambda *_, **__: "")
    folder = tmp_path / "example"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tmp_path / "store", folder)
    settings = settings.model_copy(update={"store": str(folder)})
    first: dict[int, bool] = {}
    for (approved, rows), at_once in zip(decisions, finished, strict=False):
        review.decide(settings, batch, approved=approved, rows=rows, by="ann", comment="x", now=LATER)
        if at_once:
            review.finish(settings, batch, now=LATER)
        for row in {0, 1, 3} if rows is None else {*rows} | ({0, 1} if {0, 1} & {*rows} else set()):
            first.setdefault(row, approved)
    review.finish(settings, batch, now=LATER)
    came_to = {True: {0: End.PUBLISHED, 1: End.REUSED, 3: End.PUBLISHED}, False: dict.fromkeys((0, 1, 3), End.REJECTED)}
    wanted = {row: came_to[first[row]][row] if row in first else End.HELD for row in (0, 1, 3)}
    assert ends(settings, batch) == wanted | {2: End.PUBLISHED}
    known = reviews.read(open_store(str(folder)), batch)
    decided = [row for one in known for row in one.rows]
    assert sorted(decided) == sorted(first)


def test_many_who_decide_at_once_share_no_row(settings: Settings, batch: str) -> None:
    """Six people in six threads: each row is in exactly one record, and everybody else is told whose."""
    start, said = threading.Barrier(6), []

    def one(place: int) -> None:
        start.wait()
        said.append(
            review.decide(
                settings,
                batch,
                approved=place % 2 == 0,
                rows=[0, 3],
                by=f"p{place}",
                comment="x",
                now=datetime.now(UTC),
            )
        )

    people = [threading.Thread(target=one, args=(place,)) for place in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    review.finish(settings, batch, now=LATER)
    (known,) = reviews.read(open_store(settings.store), batch)
    assert known.rows == (0, 1, 3)
    assert [one.review for one in said if one.review] == [known]
    others = [one.before for one in said if not one.review]
    assert others == [dict.fromkeys((0, 1, 3), known)] * 5
    assert End.HELD not in ends(settings, batch).values()
