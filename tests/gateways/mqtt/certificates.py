"""A certificate authority of a test's own and a server certificate for `localhost`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """Files in PEM."""

    certificate: Path
    server_certificate: Path
    server_key: Path


def make_authority(folder: Path) -> Authority:
    """Make one; valid for an hour."""
    folder.mkdir()
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name(f"Authority of {folder.name}")
    root = _builder(issuer, issuer, authority_key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = root.add_extension(usage, True)
    key_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    root = root.add_extension(key_id, False)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    leaf = _builder(_name("localhost"), issuer, server_key).add_extension(names, False)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), False)
    made = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.certificate.write_bytes(root.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    signed = leaf.sign(authority_key, hashes.SHA256())
    made.server_certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.server_key.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(minutes=5),
        now + timedelta(hours=1),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
