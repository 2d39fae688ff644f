"""Every setting, in one place: defaults, then ``nightreel.toml``, then ``NIGHTREEL_*`` in the environment.

The file is looked for in the working directory, or where ``NIGHTREEL_CONFIG`` says. Credentials are no
settings of ours: object stores take them from the usual AWS, Google or Azure variables and profiles.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from render import errors

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


MANIFEST_ROWS = 10_000_000
"""Most rows of a batch, unless it is set."""
_PREFIX = "NIGHTREEL_"
_CONFIG = f"{_PREFIX}CONFIG"


class Settings(BaseSettings):
    """What a user or an operator may set. Units stand in the names or the descriptions."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    store: str = Field(
        ".nightreel/store", min_length=1, description="Where everything is kept: a directory or s3://bucket/folder."
    )
    served_at: str | None = Field(
        None,
        pattern=r"^https?://[^@?#]+$",
        description="Web address where people can read the store's files, if there is one: notices link to it.",
    )
    single_writer: bool = Field(
        False,
        description="No two commands ever write to the store at once: then it may be one without put-if-absent.",
    )
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Worker processes of the local farm."
    )
    scheduler: str | None = Field(
        None, min_length=1, description="Address of a running Dask scheduler; none starts a local farm."
    )
    scratch: Path = Field(
        Path(".nightreel/scratch"), description="Node-local directory for files in the making; swept at start."
    )
    cache: Path = Field(
        Path.home() / ".cache" / "nightreel", description="Node-local directory for compiled kernels; safe to delete."
    )
    jobs_per_shard: int = Field(64, ge=1, description="Clips in a shard; grows when a batch would pass 256 shards.")
    window: int = Field(4, ge=1, description="Groups in flight for each worker.")
    tries: int = Field(3, ge=1, description="How often a job is tried when its failure may pass.")
    backoff_seconds: float = Field(2.0, ge=0, description="Wait before the second try; doubles for each further one.")
    stall_seconds: float = Field(
        600.0,
        gt=0,
        description="How long a job may go without any progress until its worker is ended and the job tried again.",
    )
    shard_seconds: float | None = Field(
        None,
        gt=0,
        description="Under Airflow, how long a shard may take until its work is cancelled; none sets no bound.",
    )
    nightly_by: time | None = Field(
        None, description="Time of day, in UTC, by which the nightly run is to be done; people are told if it is not."
    )
    stop_after_engine_errors: int = Field(
        10, ge=1, description="Stop a batch after this many equal engine errors in a row."
    )
    allow_failed: int = Field(0, ge=0, description="Rows that may end as failed without the run being an error.")
    require_approval: bool = Field(
        False, description="Ask a person about held clips in Airflow before a run ends; it never blocks other rows."
    )
    approval_hours: float = Field(
        12.0, gt=0, description="How long a run waits for that person; then the rows stay held."
    )
    usd_per_cpu_hour: float = Field(
        0.0, ge=0, description="Price of a CPU hour of your own machines; enters estimates and costs."
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="How log lines look on stderr: text for people; json for machines, and then nothing else is there.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="From which level up Nightreel's own log lines are written."
    )
    manifest_roots: tuple[str, ...] = Field(
        (), description="If set, manifests may only be read from below these paths or URLs (and the store)."
    )
    manifest_rows: int = Field(
        MANIFEST_ROWS,
        ge=1,
        le=30_000_000,
        description="Most rows that a batch takes; a planned row takes about a kilobyte of memory.",
    )

    @field_validator("nightly_by")
    @classmethod
    def _in_utc(cls, given: time | None) -> time | None:
        if given is not None and given.tzinfo is not None:
            raise ValueError("give it in UTC and without an offset, as 07:00")
        return given

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=_file()))


def carries_secret(url: str) -> bool:
    """True for an address with a user, a password or a web query, which may sign it.

    Batches, the catalog and reports keep addresses, and many people read those.
    """
    return re.search(r"://[^/?#]*@|https?://[^#]*\?", url) is not None


def _file() -> Path:
    named = os.environ.get(_CONFIG)
    if named and not Path(named).is_file():
        raise FileNotFoundError(f"{_CONFIG} names {named}, which is no file.")
    return Path(named or "nightreel.toml")


def _told(fault: ErrorDetails) -> str:
    name = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        known = list(Settings.model_fields)
        meant = "".join(f" Is {close} meant?" for close in difflib.get_close_matches(name, known, 1, cutoff=0.8))
        return f"There is no setting {name}.{meant} Known: {', '.join(known)}."
    own = (variable for variable in os.environ if variable.upper() == f"{_PREFIX}{name.upper()}")
    where = next((f" (set by {variable})" for variable in own if os.environ[variable] == fault["input"]), "")
    return f"Setting does not fit: {name} = {fault['input']!r}{where}: {fault['msg']}."


def _refuse_slips() -> None:
    """Refuse a variable that is almost a setting's: it would be left unread without a word.

    One that only begins like a setting's is another program's: Kubernetes names services in this way.
    """
    known = [*(name.upper() for name in Settings.model_fields), _CONFIG.removeprefix(_PREFIX)]
    for variable in sorted(os.environ):
        name = variable.upper().removeprefix(_PREFIX)
        if not variable.upper().startswith(_PREFIX) or any(f"{name}_".startswith(f"{one}_") for one in known):
            continue
        if close := difflib.get_close_matches(name, known, 1, cutoff=0.8):
            raise errors.SettingsError(f"{variable} in the environment is no setting. Is {_PREFIX}{close[0]} meant?")


def load(**overrides: object) -> Settings:
    """Read the settings; ``overrides`` that are None are left out.

    Raises :class:`render.errors.SettingsError` naming the setting, its value and what would fit.
    """
    _refuse_slips()
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = " ".join(map(_told, error.errors()))
        raise errors.SettingsError(faults) from error
    except tomllib.TOMLDecodeError as error:
        raise errors.SettingsError(f"{_file()} is not valid TOML: {error}. Mend it there.") from error
    except SourceError as error:
        raise errors.SettingsError(f'The settings cannot be read: {error}. Write lists as JSON: ["a", "b"].') from error
    except OSError as error:
        raise errors.SettingsError(f"The settings cannot be read: {error}") from error
