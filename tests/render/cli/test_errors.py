import json
import tempfile
from pathlib import Path

import pytest

from render import errors
from render.cli import main, options

TREE = [
    (errors.NightreelError, 1),
    (errors.StoreError, 1),
    (errors.StoreRefused, 2),
    (errors.Ambiguous, 2),
    (errors.ManifestError, 2),
    (errors.NotFound, 2),
    (errors.EngineMissing, 2),
    (errors.BatchStopped, 3),
    (errors.EngineStopped, 3),
    (errors.Cancelled, 3),
    (errors.CorruptObject, 5),
]


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `nightreel engines` fail with this error."""

    def settings(**_: object) -> None:
        raise error

    monkeypatch.setattr(options, "settings", settings)


@pytest.mark.parametrize(("kind", "code"), TREE, ids=lambda value: getattr(value, "__name__", str(value)))
def test_each_error_has_its_exit_code_and_one_line(
    kind: type[errors.NightreelError],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    failing(monkeypatch, kind("What is wrong. What to change."))
    assert main(["engines"]) == code
    assert capfd.readouterr() == ("", "nightreel: What is wrong. What to change.\n")
    assert main(["engines", "--json"]) == code
    out, err = capfd.readouterr()
    assert json.loads(out) == {
        "error": {"kind": kind.__name__, "message": "What is wrong. What to change.", "exit_code": code}
    }
    assert err == "nightreel: What is wrong. What to change.\n"


@pytest.mark.parametrize("profile", ["", "nobody"])
def test_a_bucket_without_credentials_is_the_caller_s_to_mend(
    profile: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    assert main(["status", "--store", "s3://bucket/folder", "--json"]) == 2
    error = json.loads(capfd.readouterr().out)["error"]
    assert error["kind"] == "StoreRefused"
    assert "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" in error["message"]


def test_an_unexpected_error_says_where_its_traceback_is(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    failing(monkeypatch, ZeroDivisionError("nought\nand more"))
    assert main(["engines", "--json"]) == 1
    out, err = capfd.readouterr()
    [file] = tmp_path.iterdir()
    error = json.loads(out)["error"]
    assert (error["kind"], error["exit_code"], error["traceback"]) == ("ZeroDivisionError", 1, str(file))
    assert len(err.splitlines()) == 1
    assert str(file) in err
    assert "Traceback" in file.read_text()
    assert "test_errors.py" in file.read_text()


def test_traceback_option_prints_it(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    failing(monkeypatch, ZeroDivisionError("nought"))
    assert main(["--traceback", "engines"]) == 1
    assert "Traceback (most recent call last)" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_ctrl_c_where_there_is_nothing_to_resume(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    failing(monkeypatch, KeyboardInterrupt())
    assert main(["engines"]) == 130
    assert capfd.readouterr() == ("", "nightreel: Interrupted.\n")
    assert main(["engines", "--json"]) == 130
    error = {"kind": "KeyboardInterrupt", "message": "Interrupted.", "exit_code": 130}
    assert json.loads(capfd.readouterr().out) == {"error": error}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rn", "x"], "Did you mean 'run'? See `nightreel --help`."),
        (["bogus"], "No such command 'bogus'"),
        (["run"], "Missing argument 'MANIFEST'"),
        (["run", "x.parquet", "--limit", "0"], "--limit"),
        (["run", "x.parquet", "--workers", "many"], "--workers"),
        (["engines", "--no-such-option"], "--no-such-option"),
    ],
)
def test_a_wrong_call_ends_with_two(arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert words in err
    assert " See `nightreel" in err
    assert "--help`" in err
    assert main([*arguments, "--json"]) == 2
    assert words in json.loads(capfd.readouterr().out)["error"]["message"]


def test_a_setting_that_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    monkeypatch.setenv("NIGHTREEL_WORKERS", "0")
    assert main(["engines"]) == 2
    assert "workers" in capfd.readouterr().err


@pytest.mark.parametrize(("command", "option"), [("try", "--size"), ("run", "--resolution"), ("try", "--aspect-ratio")])
def test_who_asks_for_a_size_in_one_option_is_told_the_two(
    command: str, option: str, capfd: pytest.CaptureFixture[str]
):
    assert main([command, "x", option, "360x640"]) == 2
    told = capfd.readouterr().err
    assert all(part in told for part in (option, "--width", "--height"))
