"""A certificate authority for one cluster, and what it signed for both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def write(folder: Path) -> dict[str, str]:
    """Paths of ``tls_ca``, ``tls_cert`` and ``tls_key``, all in ``folder``."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]), key, key, None)
    own_key = ec.generate_private_key(ec.SECP256R1())
    own = _signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dask")]), own_key, key, authority)
    paths = {name: folder / f"{name}.pem" for name in ("tls_ca", "tls_cert", "tls_key")}
    paths["tls_ca"].write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    paths["tls_cert"].write_bytes(own.public_bytes(serialization.Encoding.PEM))
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths["tls_key"].write_bytes(own_key.private_bytes(*pem))
    return {name: str(path) for name, path in paths.items()}


def _signed(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256())
