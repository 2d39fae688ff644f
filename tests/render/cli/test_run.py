"""One batch, made by the real program, and everything that can be asked about it afterwards."""

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from render.cli import main

pytestmark = pytest.mark.slow

Said = Callable[..., tuple[int, Any]]


class Ran(NamedTuple):
    store: Path
    manifest: Path
    done: subprocess.CompletedProcess[str]
    document: dict[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, program: type, manifest: Callable[..., Path]) -> Ran:
    """Two clips, a duplicate of the first, a row without a prompt."""
    home = tmp_path_factory.mktemp("run")
    wanted = [("a", "one", 1), ("b", "two", 2), ("a", "one", 1), ("c", "", 3)]
    rows = [{"variant": variant, "prompt": prompt, "seed": seed} for variant, prompt, seed in wanted]
    path = manifest(home / "manifest.parquet", rows)
    nightreel = program(home)
    done = nightreel("run", path, "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    return Ran(nightreel.store, path, done, json.loads(done.stdout))


@pytest.fixture(autouse=True)
def _here(ran: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NIGHTREEL_STORE", str(ran.store))
    monkeypatch.chdir(tmp_path)


def test_the_document_of_a_run(ran: Ran):
    said = ran.document
    assert said["ends"] == {"published": 2, "reused": 1, "held": 0, "rejected": 1, "failed": 0, "withdrawn": 0}
    assert (said["rows"], said["waiting"]) == (4, 0)
    assert said["manifest"].endswith("manifest.parquet")
    assert said["store"] == str(ran.store)
    assert said["elapsed_seconds"] > 0
    assert Path(said["report"].removeprefix("file://")).is_file()
    [bad] = said["quarantined"]
    assert (bad["row"], bad["column"], bad["reason_kind"]) == (3, "prompt", "invalid")
    assert bad["reason"]
    assert {"row", "fingerprint", "end", "reason", "reason_kind", "uri", "seconds"} <= set(said["clips"][0])
    assert {"render_seconds", "cpu_seconds", "cost"} <= set(said["clips"][0])
    assert [clip["row"] for clip in said["clips"]] == [0, 1, 2]
    assert said["clips"][0]["uri"] == said["clips"][2]["uri"]
    assert all(Path(clip["uri"].removeprefix("file://")).is_file() for clip in said["clips"])


def test_progress_goes_to_stderr_in_plain_lines(ran: Ran):
    lines = ran.done.stderr.splitlines()
    assert f"Batch {ran.document['batch']}" in lines
    assert "Planned: 2 clips to render in 1 shard, 0 reused, 1 duplicate, 1 quarantined" in lines
    assert [line.split(":")[0] for line in lines if "made file://" in line] == ["1/2 shard 0", "2/2 shard 0"]


def test_status_says_the_same(ran: Ran, said: Said, capfd: pytest.CaptureFixture[str]):
    code, document = said("status", ran.document["batch"])
    assert code == 0
    assert document | {"elapsed_seconds": 0} == ran.document | {"elapsed_seconds": 0}
    assert main(["status", ran.document["batch"]]) == 0
    text = capfd.readouterr().out
    for words in ("e/a", "published", "rejected", "prompt", "4 rows", "2 published", "Report: file://", "Next: "):
        assert words in text


def test_status_of_no_batch(ran: Ran, said: Said):
    code, document = said("status", "run-nothing")
    assert code == 2
    assert ran.document["batch"] in document["error"]["message"]


def test_query(said: Said, capfd: pytest.CaptureFixture[str]):
    sql = 'select row, variant, "end" from results order by row'
    code, rows = said("query", sql)
    assert code == 0
    assert rows[:2] == [{"row": 0, "variant": "a", "end": "published"}, {"row": 1, "variant": "b", "end": "published"}]
    assert main(["query", sql, "--csv"]) == 0
    assert list(csv.DictReader(io.StringIO(capfd.readouterr().out)))[1] == {
        "row": "1",
        "variant": "b",
        "end": "published",
    }
    assert main(["query", sql, "--rows", "1"]) == 0
    table = capfd.readouterr().out
    assert "… 3 more rows" in table
    assert main(["query", "select * from results order by row"]) == 0
    blocks = capfd.readouterr().out.splitlines()
    assert [line.split() for line in blocks if line.startswith(("row ", "variant "))][:4] == [
        ["row", "0"],
        ["variant", "a"],
        ["row", "1"],
        ["variant", "b"],
    ]
    assert main(["query", "select 1 where false"]) == 0
    assert "(no rows)" in capfd.readouterr().out


def test_query_in_json_has_no_nan_and_iso_instants(said: Said):
    _, rows = said(
        "query", "select 'nan'::double as n, timestamp '2026-11-22 11:00:00' as t, sum(row) as s from results"
    )
    assert rows == [{"n": None, "t": "2026-11-22T11:00:00", "s": 6}]


def test_a_map_is_an_object_in_json_and_csv(said: Said, capfd: pytest.CaptureFixture[str]):
    sql = "select map {'season': 'spring'} as tags, [map {1: 2.5}] as deep"
    assert said("query", sql)[1] == [{"tags": {"season": "spring"}, "deep": [{"1": 2.5}]}]
    assert main(["query", sql, "--csv"]) == 0
    assert capfd.readouterr().out.splitlines()[1] == '"{""season"": ""spring""}","[{""1"": 2.5}]"'


def test_a_query_that_is_wrong(said: Said):
    code, document = said("query", "select * from nowhere")
    assert (code, document["error"]["kind"]) == (2, "QueryError")
    assert said("query", "select 1", "--csv")[0] == 2


def test_plan_writes_nothing_and_finds_the_clips(ran: Ran, said: Said, capfd: pytest.CaptureFixture[str]):
    before = sorted(ran.store.rglob("*"))
    code, document = said("plan", ran.manifest)
    assert code == 0
    assert document["decisions"] == {"render": 0, "duplicate": 0, "reuse": 3, "refuse": 0, "withdrawn": 0}
    assert (document["rows"], document["quarantined"], document["clips"]) == (4, 1, 0)
    assert set(document["estimate"]) == {"cost_usd", "cpu_seconds", "video_seconds"}
    assert main(["plan", str(ran.manifest), "--limit", "1"]) == 0
    assert "1 row\n" in capfd.readouterr().out
    assert sorted(ran.store.rglob("*")) == before


def test_report_of_the_batch_and_of_the_experiment(
    ran: Ran, said: Said, capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    whole = {"report": ran.document["report"], "unfinished": 0, "made": 0}
    assert said("report", ran.document["batch"]) == (0, whole)
    assert main(["report", "e"]) == 0
    assert Path(capfd.readouterr().out.strip().removeprefix("file://")).is_file()
    code, bundle = said("report", "e", "--bundle", tmp_path / "out.zip")
    assert (code, bundle["clips"]) == (0, 2)
    assert bundle["bytes"] == (tmp_path / "out.zip").stat().st_size
    assert said("report", "e", "--bundle", tmp_path / "out.zip")[0] == 2
    assert said("report", "nothing")[0] == 2
    assert said("report", ran.document["batch"][:-3]) == (0, whole)


def test_an_exported_file_is_verified_by_its_content(ran: Ran, said: Said, tmp_path: Path):
    code, done = said("export", "e", tmp_path / "out")
    assert (code, done["written"]) == (0, 3)
    file = next((tmp_path / "out").rglob("0-*.mp4"))
    code, document = said("verify", file)
    assert (code, document["verified"]) == (0, True)
    assert document["fingerprint"] == ran.document["clips"][0]["fingerprint"]
    file.write_bytes(file.read_bytes() + b"x")
    code, document = said("verify", file)
    assert (code, document["error"]["kind"]) == (2, "NotFound")


def test_verify_takes_every_name_of_a_clip(ran: Ran, said: Said, monkeypatch: pytest.MonkeyPatch):
    clip = ran.document["clips"][0]
    for name in (clip["fingerprint"], clip["fingerprint"][:8]):
        assert said("verify", name)[0] == 0
    assert said("verify", "0123456789ab")[0] == 2
    monkeypatch.delenv("NIGHTREEL_STORE")
    for name in (clip["uri"], clip["uri"].removeprefix("file://")):
        assert said("verify", name)[0] == 0
    assert said("verify", "/no/such/file.mp4")[0] == 2
    assert said("verify", "https://elsewhere/clip.mp4")[0] == 2


def test_verify_finds_a_flipped_byte(ran: Ran, said: Said, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    store = shutil.copytree(ran.store, tmp_path / "copy")
    clip = ran.document["clips"][0]
    damaged = store / Path(clip["uri"].removeprefix("file://")).relative_to(ran.store)
    damaged.chmod(0o644)
    data = bytearray(damaged.read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(data)
    for name in (clip["fingerprint"], damaged):
        code, document = said("verify", name, "--store", store)
        assert code == 5
        [fault] = document["faults"]
        assert "clip" in fault
        assert damaged.name in fault
    assert main(["verify", str(damaged)]) == 5
    out, err = capfd.readouterr()
    assert "MISMATCH" in out
    assert str(damaged) in err


def test_run_again_renders_nothing(ran: Ran, said: Said):
    code, document = said("run", ran.manifest)
    assert code == 0
    assert document["batch"] != ran.document["batch"]
    assert document["ends"] == {"published": 0, "reused": 3, "held": 0, "rejected": 1, "failed": 0, "withdrawn": 0}
    assert {clip["uri"] for clip in document["clips"]} == {clip["uri"] for clip in ran.document["clips"]}


def test_a_canary(ran: Ran, said: Said):
    assert said("run", ran.manifest, "--limit", 1)[1]["rows"] == 1
    code, document = said("run", ran.manifest, "--where", "variant = 'b'")
    assert (code, [clip["variant"] for clip in document["clips"]]) == (0, ["b"])


def test_wrong_manifests(said: Said, tmp_path: Path):
    assert said("run", "nowhere.parquet")[0] == 2
    (tmp_path / "half.parquet").write_bytes(b"PAR1 and then nothing")
    code, document = said("run", tmp_path / "half.parquet")
    assert (code, document["error"]["kind"]) == (2, "ManifestError")
    assert said("plan", "nowhere.parquet")[0] == 2
    assert said("expand", "nowhere.yaml")[0] == 2


def test_expand(said: Said, tmp_path: Path):
    brief = tmp_path / "brief.yaml"
    brief.write_text("experiment: x\nprompt: 'A {colour} ball'\nfactors: {colour: [red, green]}\n")
    code, document = said("expand", brief)
    assert (code, document["rows"], document["manifest"]) == (0, 2, str(tmp_path / "brief.parquet"))
    assert said("plan", document["manifest"])[1]["rows"] == 2
    assert said("expand", brief, "--out", tmp_path / "other.parquet")[0] == 0
    assert (tmp_path / "other.parquet").is_file()
    code, document = said("expand", brief.as_uri())
    assert (code, document["manifest"]) == (0, f"{brief.as_uri().removesuffix('.yaml')}.parquet")


def test_engines(said: Said, capfd: pytest.CaptureFixture[str]):
    code, engines = said("engines")
    by_name = {engine["name"]: engine for engine in engines}
    assert code == 0
    assert by_name["testcard"]["simulated"] is True
    assert by_name["testcard"]["styles"] == ["anime", "cinematic", "realistic"]
    assert by_name["world"]["problem"] is None
    assert main(["engines"]) == 0
    assert "testcard" in capfd.readouterr().out
