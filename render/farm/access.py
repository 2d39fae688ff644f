"""How a Dask cluster lets us in, and which of its workers are ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from render import errors

if TYPE_CHECKING:
    from distributed.security import Security

_VARIABLES = "DASK_DISTRIBUTED__COMM__TLS__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What is to be known of a cluster beyond its scheduler's address; nothing of it is secret.

    Without TLS files of its own the configuration of Dask says whether and how it speaks TLS.
    """

    tls_ca: str = ""
    """Path of the certificate authority's PEM file: one for this cluster alone, since Dask checks no host's name."""
    tls_cert: str = ""
    tls_key: str = ""
    """Path of the client's key; empty if it stands in ``tls_cert``."""
    tags: tuple[str, ...] = ()
    """Dask resources that a worker has to offer one of each, so that of a shared cluster only some workers are used."""

    def needs(self, resources: Mapping[str, float]) -> dict[str, float]:
        """These Dask resources of a group, and the tags."""
        return {**dict.fromkeys(self.tags, 1.0), **resources}

    def security(self, address: str) -> Security:
        """What a client of the scheduler at ``address`` is given.

        Raises :class:`render.errors.InputError` when a file is not there, or not named though it is needed.
        """
        from distributed.security import Security

        if not (self.tls_ca or self.tls_cert or self.tls_key):
            configured = Security()
            files = configured.get_tls_config_for_role("client")
            if address.startswith("tls://") and not (files["ca_file"] and files["cert"]):
                raise errors.InputError(
                    f"{address} speaks TLS, and its files are not named. Name them in the Airflow connection, or "
                    f"in {', '.join(f'{_VARIABLES}{name}' for name in ('CA_FILE', 'CLIENT__CERT', 'CLIENT__KEY'))}."
                )
            return configured
        if not (self.tls_ca and self.tls_cert):
            raise errors.InputError("TLS to Dask takes both tls_ca and tls_cert; name the one that is missing.")
        files = {"tls_ca": self.tls_ca, "tls_cert": self.tls_cert, "tls_key": self.tls_key}
        for name, path in files.items():
            if path and not Path(path).is_file():
                raise errors.InputError(f"{name} names {path}, which is no file here. Put it there, or correct it.")
        return Security(
            require_encryption=True,
            tls_ca_file=self.tls_ca,
            tls_client_cert=self.tls_cert,
            tls_client_key=self.tls_key or None,
        )


OPEN = Access()
"""To any cluster that Dask's own configuration lets us into, with all its workers."""
