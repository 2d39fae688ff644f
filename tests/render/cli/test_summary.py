"""What a batch that was killed early says of itself, and how a call that was stopped early ends."""

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from status_rows import rows

from render import pipeline
from render.cli import main, summary
from render.cli.progress import Display
from render.engines.contract import Engine
from render.engines.testcard import TestcardEngine
from render.model import STAND_IN, Decision, End, Fault
from render.pipeline import planning, running
from render.settings import Settings, load
from render.status import ClipStatus, Status

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NIGHTREEL_SCRATCH", str(tmp_path / "scratch"))
    return load()


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("module", "step", "words"),
    [
        (running, "plan", "(taken in): 0 rows, none ended yet. It is not planned yet."),
        (
            planning,
            "_settle_planned",
            "(planned): 2 rows, none ended yet. 2 wait: shard 0 is not rendered yet (0 of 1 shard done)",
        ),
    ],
)
def test_a_batch_that_was_killed_early_is_to_be_run_again(
    module: ModuleType,
    step: str,
    words: str,
    settings: Settings,
    manifest: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}, {"variant": "a", "prompt": ""}])
    monkeypatch.setattr(module, step, killed)
    assert main(["run", str(path)]) == 3
    out = capfd.readouterr().out
    assert words in out
    assert f"Next: nightreel run {path.as_uri()}" in out


def test_a_batch_whose_rows_have_all_ended_is_unfinished_until_it_is_published(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": ""}])
    batch = pipeline.intake(settings, manifest=str(path), run_key="k", now=NOW)
    pipeline.plan(settings, batch.id, now=NOW)
    assert main(["status", batch.id]) == 0
    assert f"Next: nightreel run {path.as_uri()}" in capfd.readouterr().out


@pytest.mark.parametrize("name", ["it's mine", 'say "so" $HOME', "-x", "esc\x1b[31m\n\t\x7f\\'\u202e\x9b"])
@pytest.mark.parametrize("command", ["plan", "status"])
def test_the_next_command_can_be_typed_as_it_stands(
    command: str,
    name: str,
    settings: Settings,
    manifest: Callable[..., Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = manifest(tmp_path / f"{name}.parquet", [{"variant": "a", "prompt": "x"}])
    batch = pipeline.intake(settings, manifest=str(path), run_key="k", now=NOW)
    assert main([command, str(path) if command == "plan" else batch.id]) == 0
    said = capfd.readouterr().out
    assert all(letter.isprintable() for letter in said.replace("\n", ""))
    following = said.splitlines()[-1].removeprefix("Next: ").partition("  (")[0]
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {following}"], env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=True
    ).stdout
    named = path.as_uri() if command == "status" else str(path)
    assert words.split(b"\0")[:-1] == [b"nightreel", b"run", os.fsencode(named)]


def test_the_next_command_leads_to_the_store_that_was_given(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, other = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}]), str(tmp_path / "it's")
    batch = pipeline.intake(load(store=other), manifest=str(path), run_key="k", now=NOW)
    assert main(["status", batch.id, "--store", other]) == 0
    following = capfd.readouterr().out.splitlines()[-1].removeprefix("Next: ").partition("  (")[0]
    assert shlex.split(following) == ["nightreel", "run", path.as_uri(), "--store", other]


def test_a_batch_of_bad_rows_alone_is_to_be_mended(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": ""}])
    assert main(["run", str(path)]) == 0
    assert "Next: mend the rows above" in capfd.readouterr().out


def test_a_query_of_a_store_in_which_nothing_is_says_so(
    settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", "select count(*) as n from results", "--json"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out) == [{"n": 0}]
    assert err.startswith(f"nightreel: nothing was made in {tmp_path / 'store'} yet.")
    assert main(["query", "select * from results"]) == 0
    assert capfd.readouterr().out == "(no rows)\n"


def test_the_command_that_resumes_has_the_batchs_own_limit_and_filter(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    wanted = {"limit": 1, "where": "variant = 'a'"}
    batch = pipeline.intake(settings, manifest=str(path), run_key="k", now=NOW, **wanted).id
    assert main(["status", batch]) == 0
    following = shlex.split(capfd.readouterr().out.splitlines()[-1].removeprefix("Next: ").partition("  (")[0])
    assert following == ["nightreel", "run", path.as_uri(), "--limit", "1", "--where", "variant = 'a'"]
    assert pipeline.intake(settings, manifest=following[2], run_key="other", now=NOW, **wanted).id == batch
    assert main(["status", batch, "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert {name: told[name] for name in wanted} == wanted


def test_a_query_before_anything_is_published_says_so(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": ""}])
    batch = pipeline.intake(settings, manifest=str(path), run_key="k", now=NOW).id
    assert main(["query", "select count(*) as n from results", "--json"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out) == [{"n": 0}]
    assert err.startswith("nightreel: nothing is published yet")
    assert "nightreel status" in err
    pipeline.run(settings, batch, now=lambda: NOW)
    assert main(["query", "select count(*) as n from results", "--json"]) == 0
    assert capfd.readouterr().err == ""


def test_after_a_plan_the_next_command_has_its_options(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    options = ["--limit", "3", "--where", "variant = 'a'", "--jobs-per-shard", "2", "--store", str(tmp_path / "s")]
    assert main(["plan", str(path), *options]) == 0
    following = capfd.readouterr().out.splitlines()[-1].removeprefix("Next: ")
    assert shlex.split(following) == ["nightreel", "run", str(path), *options]


def test_a_report_in_a_bucket_comes_with_the_command_that_brings_it_here(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    batch = pipeline.intake(settings, manifest=str(path), run_key="k", now=NOW).id
    status = pipeline.status(settings, batch)
    summary.show(replace(status, store="s3://b/n", report="s3://b/n/index.html"))
    here = f"To watch it here: nightreel report {batch} --bundle {batch}.zip --store s3://b/n"
    assert here in capfd.readouterr().out.splitlines()
    summary.show(replace(status, report="file:///n/index.html"))
    assert "--bundle" not in capfd.readouterr().out


def test_status_without_a_batch_lists_the_batches(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 0
    assert f"There is no batch in {tmp_path / 'store'} yet. Next: nightreel run MANIFEST" in capfd.readouterr().out
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    ids = []
    for day in (1, 2, 3):
        now = NOW.replace(day=day)
        batch = pipeline.intake(settings, manifest=str(path), run_key=f"k{day}", now=now, limit=day)
        ids.append(batch.id)
    assert main(["status", "--last", "2"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert [line.split() for line in said[1:3]] == [
        [ids[2], "taken", "in", "m.parquet"],
        [ids[1], "taken", "in", "m.parquet"],
    ]
    assert said[3:] == ["… and 1 older; --last N lists more.", f"Next: nightreel status {ids[2]}"]
    assert main(["status", "--last", "1", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert (document["store"], document["known"]) == (settings.store, 3)
    [one] = document["batches"]
    assert (one["batch"], one["state"], one["rows"]) == (ids[2], "taken in", None)
    assert set(one["ends"]) == {"published", "reused", "held", "rejected", "failed", "withdrawn"}


def test_a_batch_is_found_by_how_its_id_begins_or_ends(
    settings: Settings,
    manifest: Callable[..., Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    first, second = (
        pipeline.intake(settings, manifest=str(path), run_key=f"run-2026110{day}T110000123", now=NOW, limit=day).id
        for day in (1, 2)
    )
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["status"]) == 0
    listed = capfd.readouterr().out
    assert all(one in listed for one in (first, second)), "an id is never cut, however narrow the terminal"
    for part in (first[-12:], first[:-1], first):
        assert main(["status", part, "--json"]) == 0
        assert json.loads(capfd.readouterr().out)["batch"] == first
    assert main(["status", "run-2026110"]) == 2
    told = capfd.readouterr().err
    assert all(part in told for part in ("2 batches begin or end with", first, second))
    assert main(["status", "xxxxxx"]) == 2
    assert f"There is no batch 'xxxxxx' in {settings.store}" in capfd.readouterr().err
    assert main(["cancel", second[-12:], "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["batch"] == second


def test_what_is_no_batch_is_told_with_those_that_fit_and_the_newest_first(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A scheduled batch's id begins with its date, so that it stands before all of `run`, however new it is."""
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    keys = [*(f"run-{day}" for day in range(1, 6)), "2026-11-29T01", "2026-11-29T02"]
    ids = [
        pipeline.intake(settings, manifest=str(path), run_key=key, now=NOW.replace(day=day), limit=day).id
        for day, key in enumerate(keys, 1)
    ]

    def told(*words: str) -> str:
        assert main([*words]) == 2
        return capfd.readouterr().err

    last = f"The last ones: {', '.join(ids[:1:-1])}."
    assert f"There is no batch 'xxxxxx' in {settings.store}" in (said := told("status", "xxxxxx"))
    assert last in said
    assert last in told("report", "xxxxxx")
    fit = f"2 batches begin or end with '2026': {ids[6]}, {ids[5]}. Give its whole id"
    assert fit in told("status", "2026")
    assert "at least 6 characters" in (said := told("cancel", "2026"))
    assert fit in said
    assert f"1 batch begins or ends with 'run-1': {ids[0]}. Give its whole id" in told("status", "run-1")


def test_an_ending_that_batches_share_is_told_to_be_of_several(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A manifest that is run again has another batch, whose id ends with the hash of the same content."""
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": ""}])
    ids = []
    for day in range(1, 8):
        batch = pipeline.intake(settings, manifest=str(path), run_key=f"run-{day}", now=NOW.replace(day=day))
        pipeline.run(settings, batch.id, now=lambda: NOW)
        ids.append(batch.id)
    assert len({one[-12:] for one in ids}) == 1
    assert main(["cancel", ids[0][-12:], "--json"]) == 2
    error = json.loads(capfd.readouterr().out)["error"]
    assert error["kind"] == "Ambiguous"
    assert f"7 batches begin or end with '{ids[0][-12:]}': {', '.join(ids[:1:-1])} and 2 older." in error["message"]
    assert "batches of the same content end alike" in error["message"]


def test_a_plan_gives_the_reasons_of_what_it_would_quarantine(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [{"variant": "a", "prompt": "x", "style": style} for style in ("anime", "noir", "anime", "pulp", "noir")]
    path = manifest(tmp_path / "m.parquet", [*rows, {"variant": "a", "prompt": "", "style": "anime"}])
    assert main(["plan", str(path)]) == 0
    said = capfd.readouterr().out
    assert "4 quarantined (malformed or refused)\n" in said
    assert "  3 invalid, first row 1: style = noir: " in said
    assert "  1 invalid, first row 5: prompt is empty. Fill in prompt: it is required." in said
    assert "--quarantined lists them all" in said
    assert main(["plan", str(path), "--quarantined"]) == 0
    listed = [line for line in capfd.readouterr().out.splitlines() if line.startswith("row ")]
    assert [line.split(": ")[0] for line in listed] == [
        "row 1  style = noir",
        "row 3  style = pulp",
        "row 4  style = noir",
        "row 5  prompt is empty. Fill in prompt",
    ]
    assert main(["plan", str(path), "--json"]) == 0
    first, second = json.loads(capfd.readouterr().out)["faults"]
    assert (first["reason_kind"], first["column"], first["rows"]) == ("invalid", "style", 3)
    assert first["first"]["row"] == 1
    assert set(first["first"]) == {"row", "value", "reason", "fix"}
    assert (second["column"], second["rows"]) == ("prompt", 1)
    assert main(["plan", str(path), "--json", "--quarantined"]) == 2


def test_columns_that_are_kept_as_tags_are_named_and_one_that_looks_misspelt_is_asked_about(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x", "second": 1, "colour": "red"}])
    said = "Columns `colour`, `second` are kept as tags. Did you mean `seconds` instead of `second`?"
    assert main(["plan", str(path)]) == 0
    assert said in capfd.readouterr().out
    assert main(["plan", str(path), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["tags"] == ["colour", "second"]
    plan = pipeline.preview(settings, str(path))
    with Display() as display:
        display.plan(plan, 0, 0)
    assert said in capfd.readouterr().err


def test_a_try_with_a_wrong_option_is_refused_before_anything_is_recorded(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["try", "bars", "--engine", "sora", "--width", "321", "--json"]) == 2
    message = json.loads(capfd.readouterr().out)["error"]["message"]
    assert all(part in message for part in ("There is no engine 'sora' here", "width must be an even number"))
    assert not Path(settings.store).exists()


def test_a_prompt_that_policy_refuses_is_recorded(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["try", "A gory scene: blood sprays from severed limbs", "--engine", "testcard", "--json"]) == 2
    told = json.loads(capfd.readouterr().out)
    assert [fault["reason_kind"] for fault in told["quarantined"]] == ["policy"]
    assert pipeline.status(settings, told["batch"]).ends == {End.REJECTED: 1}


def test_a_try_that_was_stopped_before_its_plan_ends_with_three(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "plan", killed)
    assert main(["try", "bars", "--engine", "testcard"]) == 3


def test_stand_ins_are_counted_where_the_rows_are() -> None:
    """To say "10 published" alone would hide that some of them do not show what was asked for."""

    def made(row: int, fingerprint: str, *, stand_in: bool) -> ClipStatus:
        return ClipStatus(
            row=row, experiment="e", variant="v", fingerprint=fingerprint, engine="testcard", decision=Decision.RENDER,
            shard=0, end=End.PUBLISHED, ended_at="2026-11-22T02:00:00+00:00", reason="", reason_kind=None, fix="",
            uri="file:///c", seconds=4.0, render_seconds=1.0, cpu_seconds=1.0, cost=0.0, stand_in=stand_in,
        )  # fmt: skip

    def told(*clips: ClipStatus) -> str:
        return summary.counts(
            Status(
                batch="b", manifest="m", run_key="r", inbox=False, store="s", state="finished", rows=len(clips),
                waiting=0, ends={End.PUBLISHED: len(clips)}, quarantined=(), clips=rows(*clips),
                shards={0: (len(clips), len(clips))}, report="", elapsed_seconds=0.0,
            )
        )  # fmt: skip

    assert "stand-in" not in told(made(0, "a", stand_in=False))
    assert told(made(0, "a", stand_in=True), made(1, "a", stand_in=True)).endswith("1 clip is a stand-in.")
    assert told(made(0, "a", stand_in=True), made(1, "b", stand_in=True)).endswith("2 clips are stand-ins.")


@pytest.mark.parametrize(
    ("column", "value", "reason", "said"),
    [
        ("prompt", "", "prompt is missing.", "prompt is missing."),
        ("seconds", "-3", "seconds must be from 0.5 to 60, not -3.", "seconds must be from 0.5 to 60, not -3."),
        ("width", "641", "width must be an even number.", "width = 641: must be an even number."),
        ("style", "noir", "There is no style.", "style = noir: There is no style."),
        ("tags", "", "A tag is too long.", "tags: A tag is too long."),
    ],
)
def test_a_fault_names_its_column_and_its_value_once(column: str, value: str, reason: str, said: str) -> None:
    assert summary.told(Fault(row=0, column=column, value=value, reason=reason, fix="Mend it.")) == f"{said} Mend it."


def test_of_a_csv_it_is_told_which_line_a_row_is(
    settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.csv"
    path.write_text("experiment,variant,prompt\ne,a,x\ne,b,\n")
    assert main(["plan", str(path)]) == 0
    assert "row N is line N + 2" in (said := capfd.readouterr().out)
    assert "first row 1: prompt is missing." in said
    path.write_text("experiment,variant,prompt\ne,b,\n")
    assert main(["run", str(path)]) == 0
    assert "row N is line N + 2" in capfd.readouterr().out
    path.write_text("experiment,variant,prompt\ne,a,x\n")
    assert main(["plan", str(path)]) == 0
    assert "line N + 2" not in capfd.readouterr().out, "all rows are good"


def test_a_plan_tells_which_clips_would_be_stand_ins(
    settings: Settings,
    manifest: Callable[..., Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prompts = ("Ocean waves hit the rocks", "A knight rides a dragon", "A knight rides a dragon", "")
    rows = [{"variant": f"v{i}", "prompt": prompt, "engine": "world"} for i, prompt in enumerate(prompts)]
    path = manifest(tmp_path / "m.parquet", rows)
    assert main(["plan", str(path)]) == 0
    assert "--scenes tells" in capfd.readouterr().out
    assert main(["plan", str(path), "--scenes"]) == 0
    said = [line.strip() for line in capfd.readouterr().out.splitlines()]
    assert said[0].startswith("row 0  e/v0  ocean: ")
    assert said[1].startswith(f"row 1  e/v1  objects, {STAND_IN}: 0% understood; not understood: knight, rides, dragon")
    assert not [line for line in said if line.startswith(("row 2", "row 3"))], "a duplicate, and no row at all"
    assert "1 of 2 clips would be a stand-in" in said
    assert main(["plan", str(path), "--scenes", "--json"]) == 2
    cards = manifest(tmp_path / "n.parquet", [{"variant": "a", "prompt": "x"}])
    capfd.readouterr()
    assert main(["plan", str(cards), "--scenes"]) == 0
    assert "1 of 1 clip would be a stand-in" in capfd.readouterr().out
    monkeypatch.setattr(TestcardEngine, "foresee", Engine.foresee)
    assert main(["plan", str(cards), "--scenes"]) == 0
    assert "not known before" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("state", "waiting", "failed", "stopped", "code"),
    [
        ("finished", 0, 0, False, 0),
        ("finished", 0, 1, False, 4),
        ("under way", 1, 0, True, 3),
        ("under way", 0, 0, True, 3),
        ("cancelled", 0, 1, True, 4),
        ("cancelled", 0, 0, True, 0),
    ],
)
def test_a_run_that_stopped_can_be_resumed_unless_it_was_cancelled(
    state: str, waiting: int, failed: int, stopped: bool, code: int
) -> None:
    status = Status(
        batch="b", manifest="m", run_key="r", inbox=False, store="s", state=state, rows=1, waiting=waiting,
        ends={End.FAILED: failed}, quarantined=(), clips=rows(), shards={}, report="", elapsed_seconds=0.0,
    )  # fmt: skip
    assert summary.code(status, stopped=stopped, allow_failed=0) == code


def test_a_file_of_the_inbox_that_was_refused_is_told_of_with_what_to_do(
    settings: Settings, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """In the list, and of the batch, which has no row that could be asked for."""
    (tmp_path / "store/inbox").mkdir(parents=True)
    for name in ("bad.parquet", "worse.parquet"):
        (tmp_path / "store/inbox" / name).write_bytes(b"PAR1" + name.encode())
    batch = pipeline.intake(settings, run_key="scheduled", now=NOW)
    assert batch
    pipeline.run(settings, batch.id, now=lambda: NOW)
    assert main(["status"]) == 0
    listed = capfd.readouterr().out
    assert listed.count(" refused: ") == 2
    assert "bad.parquet" in listed
    assert "worse.parquet" in listed
    assert main(["status", "--json"]) == 0
    (one,) = json.loads(capfd.readouterr().out)["batches"]
    assert one["refused"] == [{"url": given.file.url, "reason": given.reason} for given in batch.refused]
    assert main(["status", batch.id]) == 0
    told = capfd.readouterr().out
    assert "Refused from the inbox: " in told
    assert "no rows, since nothing that can be used had arrived: 2 files refused." in told
    assert "Next: mend what was refused and put it in the inbox again" in told
    assert "query" not in told


def test_a_batch_some_of_whose_files_were_refused_says_what_to_do_about_them(
    settings: Settings, manifest: Callable[..., Path], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "store/inbox").mkdir(parents=True)
    (tmp_path / "store/inbox/bad.parquet").write_bytes(b"PAR1")
    manifest(tmp_path / "store/inbox/good.parquet", [{"variant": "a", "prompt": ""}])
    batch = pipeline.intake(settings, run_key="scheduled", now=NOW)
    assert batch
    pipeline.run(settings, batch.id, now=lambda: NOW)
    assert main(["status", batch.id]) == 0
    assert "Next: mend what was refused and put it in the inbox again" in capfd.readouterr().out


def test_cancelling_says_whether_it_ended_anything(
    settings: Settings, manifest: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = manifest(tmp_path / "m.parquet", [{"variant": "a", "prompt": "x"}])
    batch = pipeline.intake(settings, manifest=str(path), run_key="run-1", now=NOW).id
    assert main(["cancel", batch]) == 0
    first = capfd.readouterr()
    assert "(cancelled)" in first.out
    assert "finishes the clips it has begun" in first.err
    assert main(["cancel", batch]) == 0
    told = f"nightreel: batch {batch} is over already, cancelled; nothing has changed.\n"
    assert capfd.readouterr() == ("", told)
    assert main(["cancel", batch, "--json"]) == 0
    again = capfd.readouterr()
    assert (json.loads(again.out)["state"], again.err) == ("cancelled", told)
