"""Where settings come from, and what does not fit."""

from pathlib import Path

import pytest

from render import errors
from render.settings import load


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "STORE", "SCHEDULER", "WORKERS"):
        monkeypatch.delenv(f"NIGHTREEL_{name}", raising=False)


def test_arguments_win_over_the_environment_and_that_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("nightreel.toml").write_text('store = "of-the-file"\nwindow = 7\nworkers = 5\n')
    monkeypatch.setenv("NIGHTREEL_STORE", "of-the-environment")
    monkeypatch.setenv("NIGHTREEL_WORKERS", "6")
    settings = load(store="of-the-call", workers=None)
    assert (settings.store, settings.workers, settings.window) == ("of-the-call", 6, 7)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_STORE", "")
    monkeypatch.setenv("NIGHTREEL_SCHEDULER", "")
    assert (load().store, load().scheduler) == (".nightreel/store", None)


@pytest.mark.parametrize("wrong", [{"store": ""}, {"scheduler": ""}, {"workers": 0}, {"stoer": "x"}])
def test_a_value_that_does_not_fit_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(errors.SettingsError, match=next(iter(wrong))):
        load(**wrong)


@pytest.mark.parametrize("given", ["07:00+02:00", "07:00Z"])
def test_an_hour_of_the_night_with_an_offset_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """It would be taken for one in UTC."""
    monkeypatch.setenv("NIGHTREEL_NIGHTLY_BY", given)
    with pytest.raises(errors.SettingsError, match=r"nightly_by = .*in UTC and without an offset"):
        load()


@pytest.mark.parametrize("text", ["store = ", "workers = 0", "unknown = 1"])
def test_a_file_that_does_not_fit_is_an_error_of_the_settings(text: str) -> None:
    Path("nightreel.toml").write_text(text)
    with pytest.raises(errors.SettingsError):
        load()


def test_a_file_that_is_no_toml_is_named() -> None:
    Path("nightreel.toml").write_text("store = ")
    with pytest.raises(errors.SettingsError, match=r"^nightreel\.toml is not valid TOML: Invalid value"):
        load()


def test_for_a_setting_that_does_not_exist_the_known_ones_are_given() -> None:
    Path("nightreel.toml").write_text('stor = "x"')
    with pytest.raises(errors.SettingsError, match=r"no setting stor\. Is store meant\? Known: store, served_at, "):
        load()


def test_a_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_CONFIG", "no-such.toml")
    with pytest.raises(errors.SettingsError, match=r"no-such\.toml"):
        load()


def test_a_variable_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_MANIFEST_ROOTS", "s3://bucket")
    with pytest.raises(errors.SettingsError, match=r"^The settings cannot be read: .*manifest_roots"):
        load()


def test_a_variable_that_is_almost_a_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_STROE", "elsewhere")
    with pytest.raises(errors.SettingsError, match=r"NIGHTREEL_STROE .* Is NIGHTREEL_STORE meant\?"):
        load()


def test_a_variable_of_another_program_of_that_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTREEL_FARM_OWNER", "1")
    monkeypatch.setenv("NIGHTREEL_TORCH_INDEX", "https://torch.example/cpu")
    monkeypatch.setenv("NIGHTREEL_SCHEDULER_PORT", "tcp://10.0.0.1:8786")
    monkeypatch.setenv("NIGHTREEL_CACHE_DIR", "x")
    load()


def test_a_value_that_does_not_fit_names_the_variable_that_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NIGHTREEL_WORKERS", "nightreel_workers"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "many")
            with pytest.raises(errors.SettingsError, match=rf"workers = 'many' \(set by {name}\)"):
                load()
