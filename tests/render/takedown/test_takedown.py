"""Taking clips down: nothing of them stays but the word that they were, wherever somebody looks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from in_process import NOW, InProcess, go
from withdrawals import EVERYTHING, LATER, SENTENCE, again, tombstone, withdraw

from render import errors, pipeline, takedown
from render.checks import policy
from render.experiments import export, gather, report
from render.model import Decision, End, ReasonKind, Tombstone
from render.planning import history, reuse
from render.settings import Settings
from render.status import Status
from render.store import batches, catalog, clips, layout, receipts, sweep, tombstones
from render.store.objects import ObjectStore


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
