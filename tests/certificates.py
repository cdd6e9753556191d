"""Certificates of an authority of one's own, for servers of a test."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def a_certificate(file: Path, address: str = "127.0.0.1", days: tuple[int, int] = (-1, 1)) -> Path:
    """A self-signed certificate for this address, valid from and until so many days from now, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server of this test")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).add_extension(here, critical=False)
    first, last = (datetime.now(UTC) + timedelta(days=count) for count in days)
    signed = builder.not_valid_before(first).not_valid_after(last).sign(key, hashes.SHA256())
    pem, raw = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    file.write_bytes(signed.public_bytes(pem) + key.private_bytes(pem, raw, serialization.NoEncryption()))
    return file
