"""Taking clips down: nothing of them stays but the word that they were, wherever somebody looks."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from in_process import NOW, InProcess, go, write

from render import errors, pipeline, takedown
from render.checks import policy
from render.cli import main
from render.experiments import bundle, copying, export, gather, report
from render.farm import dispatch
from render.model import Decision, End, ReasonKind, StoredObject, Tombstone
from render.planning import history, reuse
from render.settings import Settings, load
from render.status import Status
from render.store import batches, catalog, clips, layout, receipts, sweep, tombstones
from render.store.objects import ObjectStore, open_store

LATER = datetime(2026, 11, 29, 12, tzinfo=UTC)
SENTENCE = "taken down on 2026-11-29 by ada: consent revoked"
EVERYTHING = (
    'select batch, row, "end", reason, reason_kind, fix, uri, path, fingerprint from results order by requested_at, row'
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch", workers=1)


@pytest.fixture
def store(settings: Settings) -> ObjectStore:
    return open_store(settings.store)


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    farm = InProcess()
    monkeypatch.setattr(dispatch, "run", farm.run)
    return farm


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    """Two clips; the third row is the first one's duplicate."""
    return write(tmp_path / "m.parquet", "one", "two", "one")


@pytest.fixture
def first(settings: Settings, farm: InProcess, manifest: str) -> Status:
    """The first batch, which has rendered both clips."""
    return go(settings, manifest)


def again(settings: Settings, manifest: str, number: int = 2) -> Status:
    return go(settings, manifest, key=f"run-{number}", now=NOW + timedelta(hours=number))


def withdraw(store: ObjectStore, *fingerprints: str, **changes: Any) -> takedown.Withdrawal:
    return takedown.withdraw(
        store, fingerprints, **({"reason": "consent revoked", "by": "ada", "now": LATER} | changes)
    )


def test_a_withdrawn_clip_leaves_nothing_but_its_tombstone(settings: Settings, store: ObjectStore, first: Status):
    """Its objects are gone, its rows of every batch are withdrawn with who, when and why, other clips stay."""
    gone, other = first.clips[0].fingerprint, first.clips[1].fingerprint
    lying = store.list(layout.clip(gone))
    done = withdraw(store, gone)
    assert (done.removed, done.rows, dict(done.batches)) == (len(lying), 2, {first.batch: 2})
    assert store.list(layout.clip(gone)) == []
    assert tombstones.find(store, gone) == Tombstone(
        fingerprint=gone, withdrawn_at=LATER.isoformat(), withdrawn_by="ada", reason="consent revoked"
    )
    told = catalog.query(store, EVERYTHING).to_pylist()
    assert [row["end"] for row in told] == ["withdrawn", "published", "withdrawn"]
    assert {(row["reason"], row["reason_kind"], row["fix"], row["uri"], row["path"]) for row in told[::2]} == {
        (SENTENCE, "policy", Tombstone.FIX, None, None)
    }
    assert told[1]["uri"] == first.clips[1].uri
    kept = catalog.query(store, "select fingerprint, withdrawn_at, withdrawn_by, withdrawn_reason from clips")
    assert sorted(kept.to_pylist(), key=lambda clip: clip["fingerprint"] != gone) == [
        {"fingerprint": gone, "withdrawn_at": LATER, "withdrawn_by": "ada", "withdrawn_reason": "consent revoked"},
        {"fingerprint": other, "withdrawn_at": None, "withdrawn_by": None, "withdrawn_reason": None},
    ]


def test_status_report_and_export_tell_the_same(settings: Settings, store: ObjectStore, first: Status, tmp_path: Path):
    gone = first.clips[0]
    page = tmp_path / "store" / layout.report(first.batch)
    overall = report.write(store, gather.of_experiment(store, "e"), now=NOW)
    assert f"{gone.fingerprint}/" in page.read_text()
    done = withdraw(store, gone.fingerprint)
    assert done.reports == (store.uri(layout.report(first.batch)), overall)
    for uri in done.reports:
        text = Path(uri.removeprefix("file://")).read_text()
        assert f"{gone.fingerprint}/" not in text
        assert SENTENCE in text
        assert f"{first.clips[1].fingerprint}/" in text
    document = json.loads(page.with_name("report.json").read_text())
    assert [clip["path"] is None for clip in document["clips"]] == [True, False, True]
    status = pipeline.status(settings, first.batch)
    assert (status.state, status.waiting) == ("finished", 0)
    assert {end: count for end, count in status.ends.items() if count} == {End.WITHDRAWN: 2, End.PUBLISHED: 1}
    told = status.clips[0]
    assert (told.end, told.reason, told.reason_kind, told.fix) == (
        *(End.WITHDRAWN, SENTENCE),
        *(ReasonKind.POLICY, Tombstone.FIX),
    )
    assert [clip.uri != "" for clip in status.clips] == [False, True, False]
    assert status.elapsed_seconds == first.elapsed_seconds or status.elapsed_seconds == 0
    handed = export.write(store, "e", tmp_path / "out")
    assert (handed.written, dict(handed.left_out)) == (1, {"withdrawn": 2})


@pytest.mark.parametrize("most_rows", [gather.MOST_ROWS, 1], ids=["listed", "beyond the rows that are listed"])
def test_what_a_withdrawn_clip_took_stays_in_the_sums(
    settings: Settings, store: ObjectStore, first: Status, most_rows: int, monkeypatch: pytest.MonkeyPatch
):
    """It was spent, as the catalog says, too; nobody can watch it any more."""
    monkeypatch.setattr(gather, "MOST_ROWS", most_rows)
    before = gather.of_batch(store, first.batch).totals()
    withdraw(store, first.clips[1].fingerprint)
    after = gather.of_batch(store, first.batch).totals()
    assert (before.clips, after.clips) == (2, 1)
    assert before.cpu_seconds > 0
    assert after.cpu_seconds == pytest.approx(before.cpu_seconds)
    assert after.cost_usd == pytest.approx(before.cost_usd)


def test_what_a_rejected_clip_took_is_told_when_it_is_withdrawn(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """A row that a check rejected keeps its end and its figures; its clip is not looked for as an old receipt's is."""
    limit = "{check: black, figure: mean_luma, max: 0.0, outcome: reject, reason: Light., fix: Look.}"
    monkeypatch.setattr(policy, "load", lambda _: policy.parse(f"title: T.\nlimits: [{limit}]", source="t"))
    before = go(settings, manifest)
    gone = before.clips[0]
    assert gone.end is End.REJECTED
    assert gone.render_seconds > 0
    withdraw(store, gone.fingerprint)
    asked: list[str] = []
    find = clips.find_each
    monkeypatch.setattr(clips, "find_each", lambda at, wanted, *but: asked.extend(wanted) or find(at, wanted, *but))
    after = pipeline.status(settings, before.batch)
    assert list(after.clips) == [
        replace(clip, uri="", stand_in=False) if clip.fingerprint == gone.fingerprint else clip for clip in before.clips
    ]
    assert asked == []


def test_a_withdrawn_clip_is_neither_rendered_nor_reused(
    settings: Settings, store: ObjectStore, farm: InProcess, first: Status, manifest: str
):
    withdraw(store, first.clips[0].fingerprint)
    made = list(farm.made)
    second = again(settings, manifest)
    assert farm.made == made
    assert {end: count for end, count in second.ends.items() if count} == {End.WITHDRAWN: 2, End.REUSED: 1}
    assert [(clip.end, clip.reason, clip.fix) for clip in second.clips if clip.end is End.WITHDRAWN] == [
        (End.WITHDRAWN, SENTENCE, Tombstone.FIX)
    ] * 2
    plan = batches.plan_of(store, second.batch)
    assert (plan.decisions[Decision.WITHDRAWN], dict(plan.shards), plan.estimate_cpu_seconds) == (2, {}, 0.0)
    told = catalog.query(
        store, f"""select "end", fingerprint from requests where batch = '{second.batch}' order by row"""
    )
    assert told.to_pylist() == [
        {"end": clip.end, "fingerprint": clip.fingerprint} for clip in sorted(second.clips, key=lambda clip: clip.row)
    ]


def test_of_very_many_clips_tombstones_are_found_at_once(
    settings: Settings, store: ObjectStore, farm: InProcess, first: Status, manifest: str, monkeypatch
):
    """Where the catalog's word counts instead of the clips' records, a withdrawn clip's does not."""
    monkeypatch.setattr(history, "FEW", 0)
    monkeypatch.setattr(reuse, "FEW", 0)
    gone = first.clips[0].fingerprint
    tombstones.put(store, [tombstone(gone)])  # and then the takedown died
    asked: list[str] = []
    get = type(store).get
    monkeypatch.setattr(type(store), "get", lambda self, path: asked.append(path) or get(self, path))
    second = again(settings, manifest)
    assert {end: count for end, count in second.ends.items() if count} == {End.WITHDRAWN: 2, End.REUSED: 1}
    assert layout.tombstone(first.clips[1].fingerprint) not in asked, "tombstones were asked for one by one"


def test_a_tombstone_after_the_plan_counts_when_rows_are_settled(
    settings: Settings, store: ObjectStore, first: Status, manifest: str, monkeypatch
):
    """Between the plan that reuses a clip and its settling the clip is taken down."""
    write_plan = batches.write_plan

    def then_withdraw(*arguments: Any, **options: Any) -> Any:
        summary = write_plan(*arguments, **options)
        withdraw(store, first.clips[0].fingerprint)
        return summary

    monkeypatch.setattr(batches, "write_plan", then_withdraw)
    second = again(settings, manifest)
    assert {end: count for end, count in second.ends.items() if count} == {End.WITHDRAWN: 2, End.REUSED: 1}


def test_a_tombstone_while_rows_are_settled_counts(
    settings: Settings, store: ObjectStore, first: Status, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """It comes between the look at tombstones and that at the clips' records: such a row has not failed."""
    sure = reuse._sure

    def then_withdraw(*arguments: Any) -> Any:
        found = sure(*arguments)
        withdraw(store, first.clips[0].fingerprint)
        return found

    monkeypatch.setattr(reuse, "_sure", then_withdraw)
    second = again(settings, manifest)
    assert {end: count for end, count in second.ends.items() if count} == {End.WITHDRAWN: 2, End.REUSED: 1}


def test_withdrawing_twice_is_withdrawing_once(settings: Settings, store: ObjectStore, first: Status, tmp_path: Path):
    """The first word counts; nothing is written to the catalog again, and no row changes."""
    gone = first.clips[0].fingerprint
    withdraw(store, gone)
    logs = {path: path.read_bytes() for path in (tmp_path / "store/catalog").rglob("*.json")}
    told = catalog.query(store, EVERYTHING).to_pylist()
    done = withdraw(store, gone, reason="another", by="bob", now=LATER + timedelta(days=1))
    assert [one.sentence for one in done.tombstones] == [SENTENCE]
    assert done.removed == 0
    assert {path: path.read_bytes() for path in (tmp_path / "store/catalog").rglob("*.json")} == logs
    assert catalog.query(store, EVERYTHING).to_pylist() == told


def test_publishing_an_older_batch_again_brings_nothing_back(settings: Settings, store: ObjectStore, first: Status):
    gone = first.clips[0].fingerprint
    withdraw(store, gone)
    told = catalog.query(store, EVERYTHING).to_pylist()
    version = catalog.delta.load(store, "requests").version()
    pipeline.publish(settings, first.batch)
    pipeline.report(settings, first.batch, now=LATER)
    assert catalog.query(store, EVERYTHING).to_pylist() == told
    assert catalog.delta.load(store, "requests").version() == version


def tombstone(fingerprint: str) -> Tombstone:
    return Tombstone(
        fingerprint=fingerprint, withdrawn_at=LATER.isoformat(), withdrawn_by="ada", reason="consent revoked"
    )


Interrupt = Callable[..., Any]


def test_a_worker_that_commits_after_the_tombstone_sees_it(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch
):
    """The tombstone comes between the worker's upload and its record: the row is withdrawn, nothing stays."""
    upload = clips._upload
    done: list[takedown.Withdrawal] = []

    def then_withdraw(there: ObjectStore, path: str, local: Path) -> Any:
        stored = upload(there, path, local)
        if not done:
            done.append(withdraw(store, path.split("/")[2]))
        return stored

    monkeypatch.setattr(clips, "_upload", then_withdraw)
    status = go(settings, manifest)
    gone = done[0].tombstones[0].fingerprint
    assert {end: count for end, count in status.ends.items() if count} == {End.WITHDRAWN: 2, End.PUBLISHED: 1}
    assert store.list(layout.clip(gone)) == []
    assert [row["end"] for row in catalog.query(store, EVERYTHING).to_pylist()] == [
        *("withdrawn", "published", "withdrawn")
    ]


def test_a_worker_that_commits_before_the_tombstone_is_seen(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch
):
    """The worker looks, sees no tombstone, and says that the clip is made; it is taken down before the row ends."""
    commit = clips.commit
    done: list[takedown.Withdrawal] = []

    def then_withdraw(there: ObjectStore, **of_clip: Any) -> Any:
        record = commit(there, **of_clip)
        if not done:
            done.append(withdraw(store, record.job.fingerprint))
        return record

    monkeypatch.setattr(clips, "commit", then_withdraw)
    status = go(settings, manifest)
    assert {end: count for end, count in status.ends.items() if count} == {End.WITHDRAWN: 2, End.PUBLISHED: 1}
    assert store.list(layout.clip(done[0].tombstones[0].fingerprint)) == []
    assert [row["end"] for row in catalog.query(store, EVERYTHING).to_pylist()] == [
        *("withdrawn", "published", "withdrawn")
    ]


@pytest.mark.parametrize("table", ["clips", "requests"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_publisher_and_a_takedown_at_once(
    table: str, when: str, settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch
):
    """The takedown goes all its way before or after the publisher's commit to a table: no row shows the clip then."""
    name = f"publish_{table}"
    publish = getattr(catalog, name)
    done: list[str] = []

    def meanwhile() -> None:
        if not done:
            (path,) = [path for path in store.list(layout.CLIPS) if path.endswith("clip.json")][:1]
            done.append(path.split("/")[2])
            withdraw(store, done[0])

    def both(*arguments: Any) -> None:
        if when == "before":
            meanwhile()
        publish(*arguments)
        if when == "after":
            meanwhile()

    monkeypatch.setattr(catalog, name, both)
    status = go(settings, manifest)
    told = catalog.query(store, EVERYTHING).to_pylist()
    assert sorted(row["end"] for row in told) == sorted(clip.end for clip in status.clips)
    assert {(row["end"], row["uri"]) for row in told if row["fingerprint"] == done[0]} == {("withdrawn", None)}
    assert all(row["uri"] for row in told if row["fingerprint"] != done[0])
    assert f"{done[0]}/" not in store.get(layout.report(status.batch)).decode()


def test_a_page_that_was_being_made_is_made_again(settings: Settings, store: ObjectStore, first: Status, monkeypatch):
    """The clip is taken down after the page was gathered and before it is put."""
    of_batch, gone = gather.of_batch, first.clips[0].fingerprint
    calls: list[str] = []

    def then_withdraw(there: ObjectStore, batch: str) -> Any:
        view = of_batch(there, batch)
        calls.append(batch)
        if len(calls) == 1:
            withdraw(store, gone)
        return view

    monkeypatch.setattr(gather, "of_batch", then_withdraw)
    pipeline.report(settings, first.batch, now=LATER)
    assert f"{gone}/" not in store.get(layout.report(first.batch)).decode()


@pytest.mark.parametrize("whose", ["the step's", "the command's", "a takedown's"])
def test_whoever_writes_a_page_looks_again_for_clips_taken_down_within_its_making(
    whose: str, settings: Settings, store: ObjectStore, first: Status, monkeypatch: pytest.MonkeyPatch
):
    """The tombstone comes between the page's look at receipts and that at records: no record, an end that says served.

    Whoever put it wrote its own page before this one was put.
    """
    gone, other = (clip.fingerprint for clip in first.clips[:2])
    find_many, calls = clips.find_many, []

    def then_withdraw(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            withdraw(store, gone)
        return find_many(*arguments)

    monkeypatch.setattr(clips, "find_many", then_withdraw)
    match whose:
        case "the step's":
            pipeline.report(settings, first.batch, now=LATER)
        case "the command's":
            assert main(["report", first.batch, "--store", settings.store]) == 0
        case _:
            withdraw(store, other)
    page = store.get(layout.report(first.batch)).decode()
    assert f"{gone}/" not in page
    assert SENTENCE in page
    ends = json.loads(store.get(layout.report(first.batch).replace("index.html", "report.json")))["ends"]
    assert ends["withdrawn"] == (3 if whose == "a takedown's" else 2)


@pytest.mark.parametrize("whose", ["the run's", "the command's", "a takedown's"])
def test_a_page_whose_writer_died_before_its_look_is_written_by_the_same_command(
    whose: str, settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """It had gathered what it shows before the clip was taken down, and puts it when that is done, pages and all."""
    put = report.write
    if whose != "the run's":
        go(settings, manifest)

    def give() -> None:
        match whose:
            case "the run's":
                go(settings, manifest)
            case "the command's":
                main(["report", batches.list_ids(store)[0], "--store", settings.store])
            case _:
                withdraw(store, takedown.of_batch(store, batches.list_ids(store)[0])[0])

    def late(there: ObjectStore, view: Any, **more: Any) -> str:
        monkeypatch.setattr(report, "write", put)
        gone.append(takedown.of_batch(store, batches.list_ids(store)[0])[1])
        withdraw(store, *gone)
        put(there, view, **more)
        raise KeyboardInterrupt

    gone: list[str] = []
    monkeypatch.setattr(report, "write", late)
    with suppress(KeyboardInterrupt):
        give()
    page = layout.report(batches.list_ids(store)[0])
    assert f"{gone[0]}/" in store.get(page).decode()
    give()
    assert f"{gone[0]}/" not in store.get(page).decode()


@pytest.fixture(params=["before", "after"])
def meanwhile(request: pytest.FixtureRequest, store: ObjectStore, first: Status, monkeypatch: pytest.MonkeyPatch):
    """Lets a function that copies an object of a clip be the moment, before or after it, at which the clip goes."""
    gone = first.clips[0].fingerprint
    done: list[str] = []

    def at(module: Any, name: str) -> str:
        copy = getattr(module, name)

        def copied(there: ObjectStore, stored: StoredObject, *rest: Any) -> Any:
            def go_now() -> None:
                if not done and gone in stored.path:
                    done.append(gone)
                    withdraw(store, gone)

            if request.param == "before":
                go_now()
            written = copy(there, stored, *rest)
            if request.param == "after":
                go_now()
            return written

        monkeypatch.setattr(module, name, copied)
        return gone

    return at


def test_a_bundle_that_was_being_packed_is_packed_again(
    settings: Settings, store: ObjectStore, first: Status, meanwhile: Callable[..., str], tmp_path: Path
):
    """A clip is taken down before or after it is packed: the bundle that appears is without it."""
    gone, out = meanwhile(bundle, "_stream"), tmp_path / "out.zip"
    assert main(["report", first.batch, "--bundle", str(out), "--store", settings.store]) == 0
    with zipfile.ZipFile(out) as archive:
        assert not [name for name in archive.namelist() if gone in name]
        assert [name for name in archive.namelist() if first.clips[1].fingerprint in name]
        assert SENTENCE in archive.read("index.html").decode()
        assert SENTENCE in archive.read("rows.csv").decode()


def test_an_export_that_was_under_way_hands_no_withdrawn_clip_on(
    settings: Settings, store: ObjectStore, first: Status, meanwhile: Callable[..., str], tmp_path: Path
):
    """Its file goes again, the sheet says why, and what else was copied is counted as such."""
    meanwhile(copying, "fetch")
    done = export.write(store, "e", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").rglob("*.mp4")] == ["1-two.mp4"]
    assert (done.written, done.unchanged, dict(done.left_out)) == (1, 0, {"withdrawn": 2})
    assert SENTENCE in done.csv.read_text("utf-8-sig")
    assert (again := export.write(store, "e", tmp_path / "out")).unchanged == 1
    assert again.written == 0


def test_rows_of_a_cancelled_batch_whose_clip_was_taken_down_are_withdrawn(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str
):
    farm.stop_after = 0
    with pytest.raises(errors.BatchStopped):
        go(settings, manifest)
    (batch,) = batches.list_ids(store)
    wanted = takedown.of_batch(store, batch)
    withdraw(store, wanted[0])
    pipeline.cancel(settings, batch, now=LATER)
    ends = pipeline.status(settings, batch).ends
    assert ends[End.WITHDRAWN] in {1, 2}
    assert ends[End.WITHDRAWN] + ends[End.FAILED] == 3


def test_the_sweep_finds_and_removes_what_is_left_of_a_withdrawn_clip(store: ObjectStore, first: Status):
    """A takedown that died after its tombstone, without a grace; the tombstone stays, and other clips."""
    gone = first.clips[0].fingerprint
    lying = store.list(layout.clip(gone))
    tombstones.put(store, [tombstone(gone)])
    (orphan,) = sweep.find(store, older_than_s=sweep.LEAST_S)
    assert (orphan.kind, sorted(orphan.objects)) == (sweep.Kind.WITHDRAWN, lying)
    assert sweep.remove(store, orphan)
    assert store.list(layout.clip(gone)) == []
    assert list(sweep.find(store, older_than_s=sweep.LEAST_S)) == []
    assert tombstones.find(store, gone)
    assert clips.get(store, first.clips[1].fingerprint)


def test_between_tombstone_and_removal_nobody_is_served(settings: Settings, store: ObjectStore, first: Status):
    """Whatever a dead takedown left lying there: its tombstone alone counts."""
    gone = first.clips[0].fingerprint
    tombstones.put(store, [tombstone(gone)])
    assert receipts.read(store, first.batch)["end"].to_pylist() == [*("withdrawn", "published", "withdrawn")]
    assert clips.count(store, [gone]) == 0
    assert list(clips.find_each(store, [gone])) == []
    with pytest.raises(errors.Withdrawn, match=SENTENCE):
        clips.get(store, gone)
    pipeline.publish(settings, first.batch)
    assert [row["uri"] is None for row in catalog.query(store, EVERYTHING).to_pylist()] == [True, False, True]


def test_whoever_may_not_remove_the_objects_still_withdraws_them_everywhere(
    settings: Settings, store: ObjectStore, first: Status, monkeypatch: pytest.MonkeyPatch
):
    """Each time it says what was not removed, after all else; one with the right completes it."""
    gone, other = (clip.fingerprint for clip in first.clips[:2])
    lying = store.list(layout.clip(gone))
    purge = type(store).purge

    def refuse(self: ObjectStore, prefix: str) -> int:
        if prefix == layout.clip(gone):
            raise errors.StoreError("Forbidden.")
        return purge(self, prefix)

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "purge", refuse)
        for _ in range(2):
            with pytest.raises(errors.StoreError, match=rf"Forbidden\..*1 of 2 clips.*{gone[:12]}"):
                withdraw(store, gone, other)
            assert {(row["end"], row["uri"]) for row in catalog.query(store, EVERYTHING).to_pylist()} == {
                ("withdrawn", None)
            }
            page = store.get(layout.report(first.batch)).decode()
            assert f"{gone}/" not in page
            assert SENTENCE in page
            assert store.list(layout.clip(gone)) == lying
            assert store.list(layout.clip(other)) == []
    assert withdraw(store, gone, other).removed == len(lying)
    assert store.list(layout.clip(gone)) == []


def _half_deleted(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    """Somebody deleted the batch, but for its page."""
    store.delete(layout.intake(first.batch))


def _other_record(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    """The record of another clip of the batch is corrupt."""
    store.put(layout.clip_record(first.clips[1].fingerprint), b"{")


def _planned(settings: Settings, store: ObjectStore, folder: Path) -> str:
    """The plan's file of a batch that was planned and never run."""
    batch = pipeline.intake(settings, manifest=write(folder / "n.parquet", "three"), run_key="other", now=NOW)
    return layout.plan(batch.id, pipeline.plan(settings, batch.id, now=NOW).attempt)


def _other_plan(settings: Settings, store: ObjectStore, first: Status, folder: Path) -> None:
    """An unrelated batch that is not published has lost its plan."""
    store.delete(_planned(settings, store, folder))


def _corrupt_plan(settings: Settings, store: ObjectStore, first: Status, folder: Path) -> None:
    """The plan of an unrelated batch is no Parquet."""
    store.put(_planned(settings, store, folder), b"PAR1")


def _broken_catalog(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    for table in ("clips", "requests"):
        for path in store.list(layout.table(table)):
            if path.endswith(".parquet"):
                store.put(path, b"x" * 100)


def _broken_log(settings: Settings, store: ObjectStore, first: Status, _: Path) -> None:
    for table in ("clips", "requests"):
        for path in store.list(layout.table(table)):
            if path.endswith(".json"):
                store.put(path, b"{")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (_half_deleted, ""),
        (_other_record, r"batches/.*/report/index\.html"),
        (_other_plan, r"plan/.*\.parquet"),
        (_corrupt_plan, r"ArrowInvalid: .*\. Give this again"),
        (_broken_catalog, "catalog"),
    ],
)
def test_nothing_unrelated_keeps_the_film(
    trouble: Callable[..., None], told: str, settings: Settings, store: ObjectStore, first: Status, tmp_path: Path
):
    """Whatever else cannot be read or written, the objects go; what was not done is said, in a word that may pass."""
    trouble(settings, store, first, tmp_path)
    gone = first.clips[0].fingerprint
    for _ in range(2):
        if told:
            with pytest.raises(errors.StoreError, match=told) as raised:
                withdraw(store, gone)
            assert raised.value.exit_code == 1
        else:
            withdraw(store, gone)
        assert store.list(layout.clip(gone)) == []
        assert tombstones.find(store, gone)


@pytest.mark.parametrize("trouble", [_other_plan, _corrupt_plan, _broken_log])
def test_nothing_unrelated_keeps_the_tombstone_from_a_clip_that_is_only_planned(
    trouble: Callable[..., None], settings: Settings, store: ObjectStore, first: Status, tmp_path: Path
):
    """Its own plan names it. Of a clip that nothing readable names what could not be read is told: it may be there."""
    batch = pipeline.intake(settings, manifest=write(tmp_path / "o.parquet", "four"), run_key="mine", now=NOW).id
    pipeline.plan(settings, batch, now=NOW)
    [planned] = takedown.of_batch(store, batch)
    trouble(settings, store, first, tmp_path)
    with pytest.raises(errors.StoreError, match=r"(?s)Whether there is a clip 0{64} .*Rows of .*Give this again"):
        withdraw(store, planned, "0" * 64)
    assert tombstones.find(store, planned) is None
    with pytest.raises(errors.StoreError, match="The clips are withdrawn, but"):
        withdraw(store, planned)
    assert tombstones.find(store, planned)


def test_a_process_that_dies_over_the_pages_has_removed_the_film(store: ObjectStore, first: Status, monkeypatch):
    """There may be many pages; each may take long, or more memory than there is."""

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(report, "write_current", die)
        patch.setattr(catalog, "withdraw", die)
        with pytest.raises(KeyboardInterrupt):
            withdraw(store, first.clips[0].fingerprint)
    assert store.list(layout.clip(first.clips[0].fingerprint)) == []


def test_every_trouble_is_told_and_none_keeps_the_rest(
    settings: Settings, store: ObjectStore, first: Status, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """One page of two cannot be written, and the catalog is busy: the other page is; given again it mends the rest."""
    second, gone = again(settings, manifest), first.clips[0].fingerprint
    put = type(store).put

    def barred(self: ObjectStore, path: str, data: bytes) -> None:
        if path == layout.report(first.batch):
            raise errors.StoreError("No space.")
        put(self, path, data)

    def busy(*_: Any) -> None:
        raise errors.StoreError("Busy.")

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "put", barred)
        patch.setattr(catalog, "withdraw", busy)
        with pytest.raises(errors.StoreError, match=rf"Busy\..*{first.batch}/report/index\.html.*No space\."):
            withdraw(store, gone)
    assert f"{gone}/" not in store.get(layout.report(second.batch)).decode()
    assert f"{gone}/" in store.get(layout.report(first.batch)).decode()
    done = withdraw(store, gone)
    assert (done.removed, done.rows) == (0, 4)
    assert f"{gone}/" not in store.get(layout.report(first.batch)).decode()
    assert catalog.query(store, "select count(*) as n from results where uri is not null").to_pylist() == [{"n": 2}]


def test_the_page_of_a_batch_that_is_gone_goes(store: ObjectStore, first: Status):
    """It cannot be made anew, and shows the clip."""
    store.delete(layout.intake(first.batch))
    assert withdraw(store, first.clips[0].fingerprint).reports == ()
    assert not [path for path in store.list(layout.batch(first.batch)) if "/report/" in path]


@pytest.mark.parametrize("whole", [True, False])
def test_the_page_of_an_experiment_forgets_a_clip_whose_batch_was_deleted(
    whole: bool, settings: Settings, store: ObjectStore, first: Status, tmp_path: Path
):
    """Of the batch nothing is left, or its page and plan; the experiment goes on in another one."""
    second = go(settings, write(tmp_path / "n.parquet", "three"), key="run-2", now=NOW + timedelta(hours=2))
    overall = Path(report.write(store, gather.of_experiment(store, "e"), now=NOW).removeprefix("file://"))
    gone = first.clips[0].fingerprint
    assert f"{gone}/" in overall.read_text()
    for path in store.list(layout.batch(first.batch)) if whole else [layout.intake(first.batch)]:
        store.delete(path)
    assert withdraw(store, gone).reports == (overall.as_uri(),)
    assert f"{gone}/" not in overall.read_text()
    assert f"{second.clips[0].fingerprint}/" in overall.read_text()


def test_the_page_of_an_experiment_of_which_no_batch_is_left_goes(store: ObjectStore, first: Status):
    overall = Path(report.write(store, gather.of_experiment(store, "e"), now=NOW).removeprefix("file://"))
    for path in store.list(layout.batch(first.batch)):
        store.delete(path)
    done = withdraw(store, first.clips[0].fingerprint)
    assert (done.reports, dict(done.batches), overall.parent.exists()) == ((), {}, False)


def test_all_tombstones_are_listed_few_times_however_many_clips_are_named(
    settings: Settings, store: ObjectStore, farm: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    status = go(settings, write(tmp_path / "m.parquet", *map(str, range(6))))
    listed: list[object] = []
    known = tombstones.known
    monkeypatch.setattr(tombstones, "known", lambda there: listed.append(there) or known(there))
    takedown.reach(store, [clip.fingerprint for clip in status.clips])
    assert len(listed) <= 2


def test_upkeep_tells_the_catalog_what_a_dead_publisher_did_not(
    settings: Settings, store: ObjectStore, farm: InProcess, manifest: str, monkeypatch: pytest.MonkeyPatch
):
    """It died between its rows and its look for tombstones, and the takedown had gone all its way before these."""
    publish_clips, publish_requests = catalog.publish_clips, catalog.publish_requests

    def late(*arguments: Any) -> None:
        withdraw(store, clips.find_many(store, takedown.of_batch(store, batches.list_ids(store)[0])).popitem()[0])
        publish_clips(*arguments)

    def last(*arguments: Any) -> None:
        publish_requests(*arguments)
        raise errors.BatchStopped("Killed.")

    def shown() -> int:
        return catalog.query(store, "select count(uri) as n from results").to_pylist()[0]["n"]

    def untold(*, do: bool) -> list[int]:
        return [one.untold for one in catalog.tidy(store, older_than_h=1, do=do)]

    with monkeypatch.context() as patch:
        patch.setattr(catalog, "publish_clips", late)
        patch.setattr(catalog, "publish_requests", last)
        with pytest.raises(errors.BatchStopped):
            go(settings, manifest)
    assert shown() == 3
    left = 3 - receipts.read(store, batches.list_ids(store)[0])["end"].to_pylist().count("withdrawn")
    assert left in {1, 2}
    assert untold(do=False) == untold(do=True) == [0, 1, 3 - left]
    assert shown() == left
    assert untold(do=False) == [0, 0, 0]


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 1001])
def test_a_reason_that_cannot_be_kept_is_refused_before_anything_is_written(
    reason: str, store: ObjectStore, first: Status
):
    with pytest.raises(errors.InputError, match="reason"):
        withdraw(store, first.clips[0].fingerprint, reason=reason)
    assert store.list(layout.TOMBSTONES) == []


def test_a_clip_that_nobody_knows_is_not_withdrawn(store: ObjectStore, first: Status):
    with pytest.raises(errors.NotFound, match="0" * 64):
        withdraw(store, first.clips[0].fingerprint, "0" * 64)
    assert store.list(layout.TOMBSTONES) == []
