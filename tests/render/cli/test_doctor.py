import json
from pathlib import Path

import pytest

from render import errors
from render.cli import main, probes
from render.cli.findings import Finding, Health
from render.engines import registry
from render.settings import Settings, load
from render.store import objects
from render.store.directory import DirectoryStore


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(store=str(tmp_path / "store"), scratch=tmp_path / "scratch", cache=tmp_path / "cache", workers=1)


def findings(settings: Settings, probe: str, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    monkeypatch.setattr(probes, "PROBES", {probe: probes.PROBES[probe]})
    return list(probes.examine(settings))


@pytest.mark.parametrize("probe", ["python", "airflow", "memory", "scratch disk", "kernel cache", "ffmpeg", "store"])
def test_here_all_is_well(probe: str, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    [finding] = findings(settings, probe, monkeypatch)
    assert (finding.name, finding.health, finding.fix) == (probe, Health.OK, "")
    assert finding.found


def test_the_store_is_left_as_it_was(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    findings(settings, "store", monkeypatch)
    assert not (tmp_path / "store").exists()
    (tmp_path / "store").mkdir()
    findings(settings, "store", monkeypatch)
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


class Careless(DirectoryStore):
    """Put-if-absent that overwrites, as some object stores do."""

    def put_if_absent(self, path: str, data: bytes) -> bool:
        self.put(path, data)
        return True


class Stubborn(DirectoryStore):
    """Nothing can be deleted."""

    def delete(self, path: str) -> None:
        pass


class Damaging(DirectoryStore):
    """Files lose their end on the way."""

    def put_file(self, path: str, local: Path) -> None:
        self.put(path, local.read_bytes()[:-1])


class Forgetful(DirectoryStore):
    """Listings lag behind."""

    def entries(self, prefix: str = "") -> list[objects.Entry]:
        return []


class Stale(DirectoryStore):
    """What was overwritten is read as it was."""

    def put(self, path: str, data: bytes) -> None:
        self.put_if_absent(path, data)


class Ghostly(DirectoryStore):
    """Listings show what is gone."""

    def __init__(self, url: str, **_: object) -> None:
        super().__init__(url)
        self._seen: dict[str, objects.Entry] = {}

    def entries(self, prefix: str = "") -> list[objects.Entry]:
        self._seen |= {entry.path: entry for entry in super().entries(prefix)}
        return list(self._seen.values())


class LastWins(DirectoryStore):
    """Put-if-absent has one winner by its word, and a loser's bytes."""

    def put_if_absent(self, path: str, data: bytes) -> bool:
        won = super().put_if_absent(path, data)
        if not won:
            self.put(path, data)
        return won


class Overwriting(DirectoryStore):
    """The condition of a put is ignored."""

    def has_put_if_absent(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Careless, "8 winners of 8"),
        (Stubborn, "still there"),
        (Damaging, "a large file"),
        (Forgetful, "not listed"),
        (Stale, "a written object reads back differently"),
        (Ghostly, "a deleted object is still listed"),
        (LastWins, "overwritten by a loser"),
        (Overwriting, "does not heed"),
    ],
)
def test_a_store_that_cannot_be_trusted_is_found_out(
    kind: type[DirectoryStore], words: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(objects, "open_store", kind)
    [finding] = findings(settings, "store", monkeypatch)
    assert finding.health is Health.MISSING
    assert words in finding.found
    assert finding.fix


def test_one_writer_may_use_a_store_that_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(objects, "open_store", Overwriting)
    alone = load(store=str(tmp_path / "store"), single_writer=True)
    [finding] = findings(alone, "store", monkeypatch)
    assert finding.health is Health.WARNING
    assert "Never let two" in finding.fix


def test_what_lacks_is_named_with_what_to_do(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    cases = {
        "ffmpeg": ("ENCODERS", ("libx264", "libnothing"), Health.MISSING, "libnothing"),
        "memory": ("MEMORY_WANTED_PER_WORKER", 2**60, Health.WARNING, "GiB"),
        "scratch disk": ("DISK_WANTED", 2**60, Health.WARNING, "GiB free"),
    }
    every = probes.PROBES
    for probe, (constant, value, health, words) in cases.items():
        monkeypatch.setattr(probes, "PROBES", every)
        monkeypatch.setattr(probes, constant, value)
        [finding] = findings(settings, probe, monkeypatch)
        assert finding.health is health
        assert words in finding.found
        assert finding.fix


@pytest.mark.parametrize(
    ("said", "health", "found", "fix"),
    [
        (False, Health.OK, "not kept", ""),
        (True, Health.OK, "kept by the bucket", ""),
        (None, Health.WARNING, "cannot be told", "s3:ListBucketVersions"),
        (errors.StoreRefused("AccessDenied."), Health.WARNING, "kept: AccessDenied.", "s3:DeleteObjectVersion"),
    ],
    ids=["not kept", "kept", "not told", "not removable"],
)
def test_it_tells_whether_a_bucket_keeps_versions(
    said: bool | Exception | None,
    health: Health,
    found: str,
    fix: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    """A takedown has to remove them; a directory has none, and nothing is said of them."""

    class Bucket(DirectoryStore):
        def keeps_versions(self) -> bool | None:
            if isinstance(said, Exception):
                raise said
            return said

    bucket = Bucket(str(tmp_path / "store"))
    bucket.url = "s3://bucket"
    monkeypatch.setattr(objects, "open_store", lambda *_, **__: bucket)
    store, versions = findings(settings, "store", monkeypatch)
    assert (store.name, store.health) == ("store", Health.OK)
    assert (versions.name, versions.health) == ("versions", health)
    assert versions.found.startswith(found)
    assert fix in versions.fix


def test_an_engine_that_does_not_load(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "BUILT_IN", {"testcard": registry.BUILT_IN["testcard"], "gone": "no.such:Engine"})
    by_name = {finding.name: finding for finding in findings(settings, "engines", monkeypatch)}
    assert by_name["engine testcard"].health is Health.OK
    assert by_name["engine gone"].health is Health.MISSING
    assert "No module named 'no'" in by_name["engine gone"].found


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    [finding] = findings(settings, "scheduler", monkeypatch)
    assert finding.health is Health.OK
    nowhere = settings.model_copy(update={"scheduler": "127.0.0.1:1"})
    monkeypatch.setattr(probes, "PROBES", {"scheduler": probes._scheduler})
    [finding] = probes.examine(nowhere)
    assert finding.health is Health.MISSING
    assert "127.0.0.1:1" in finding.found


@pytest.mark.parametrize(("store", "code"), [("{tmp}/store", 0), ("gs://nowhere/at-all", 1)])
def test_exit_code_and_document(
    store: str, code: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(probes, "PROBES", {name: probes.PROBES[name] for name in ("python", "store")})
    place = store.format(tmp=tmp_path)
    assert main(["doctor", "--store", place, "--json"]) == code
    said = json.loads(capfd.readouterr().out)
    assert said["ready"] is (code == 0)
    assert [finding["name"] for finding in said["findings"]] == ["python", "store"]
    assert set(said["findings"][0]) == {"name", "health", "found", "fix"}
    assert main(["doctor", "--store", place]) == code
    assert ("Ready." if code == 0 else "Not ready: mend store first.") in capfd.readouterr().out
