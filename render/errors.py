"""The tree of errors. Every message says what is wrong and what to change.

NightreelError
├── InputError              the input or the call is wrong (exit 2)
│   ├── ManifestError       a manifest cannot be read, or lacks a required column
│   ├── BriefError          a brief cannot be expanded
│   ├── SettingsError       a setting has a value that does not fit
│   ├── SchedulerAway       no Dask scheduler answers at an address; it may come back
│   ├── QueryError          a query is not valid SQL, or names what is not in the catalog
│   └── Ambiguous           what is named by a part of its id may be one of several
├── NotFound                a batch, clip, experiment or object that is asked for does not exist (exit 2)
│   ├── Unknown             no batch or experiment of that name was ever taken in, or it was deleted
│   └── Withdrawn           a clip was taken down
├── EngineError             an engine could not make a clip
│   ├── EngineMissing       no engine of that name, or its extra is not installed (exit 2)
│   └── EngineRefused       this job can never succeed on this engine: not tried again
├── MediaError              ffmpeg or a finished file is not as it must be
├── StoreError              storage failed in a way that a retry may mend
│   ├── StoreRefused        it lets nobody in by these credentials, or has no such bucket (exit 2)
│   └── CorruptObject       stored bytes do not match their recorded hash (exit 5)
├── Cancelled               the job or batch was cancelled, nothing is wrong (exit 3)
└── BatchStopped            a batch stopped early; a re-run resumes it (exit 3)
    ├── EngineStopped       an engine failed in the same way again and again: another run would, too
    └── SchedulerLost       the Dask scheduler went away meanwhile
"""

from __future__ import annotations


class NightreelError(Exception):
    """An error of Nightreel's own. ``exit_code`` is what the command line ends with."""

    exit_code = 1


class InputError(NightreelError):
    """The input or the call is wrong; the message says what to change."""

    exit_code = 2


class ManifestError(InputError):
    """A manifest cannot be read as a whole. Faults of single rows are :class:`render.model.Fault`."""


class BriefError(InputError):
    """A brief cannot be expanded into a manifest."""


class SettingsError(InputError):
    """A setting has a value that does not fit."""


class SchedulerAway(InputError):
    """No Dask scheduler answers at the address that was given. It may come back."""


class QueryError(InputError):
    """A query is not valid SQL, or names what is not in the catalog."""


class Ambiguous(InputError):
    """What is named by a part of its id may be one of several; the message names them."""


class NotFound(NightreelError):
    """What is asked for by name does not exist."""

    exit_code = 2


class Unknown(NotFound):
    """No batch or experiment of that name was ever taken in, or it was deleted."""


class Withdrawn(NotFound):
    """A clip was taken down, and is not made again."""


class EngineError(NightreelError):
    """An engine could not make a clip. May pass: the job is tried again."""


class EngineMissing(EngineError):
    """No engine of that name is registered, or its extra is not installed."""

    exit_code = 2


class EngineRefused(EngineError):
    """The engine says that this job can never succeed: it is not tried again."""


class MediaError(NightreelError):
    """ffmpeg died or a media file is not as it must be. Carries ffmpeg's last lines."""


class StoreError(NightreelError):
    """Storage failed in a way that a retry may mend."""


class StoreRefused(StoreError):
    """Storage lets this process not in: no credentials or wrong ones, or there is no such bucket."""

    exit_code = 2


class CorruptObject(StoreError):
    """Stored bytes do not match the hash in their record."""

    exit_code = 5


class Cancelled(NightreelError):
    """The job or the batch was cancelled."""

    exit_code = 3


class BatchStopped(NightreelError):
    """The batch stopped before every row reached its end; running it again resumes it."""

    exit_code = 3


class EngineStopped(BatchStopped):
    """The same engine error came again and again. Until its cause is mended, another run comes to the same."""


class SchedulerLost(BatchStopped):
    """The Dask scheduler went away while it worked on the batch."""
