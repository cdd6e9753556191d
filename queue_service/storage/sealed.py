"""How are secrets kept that must be said again? Under the installation's own, which is not in the database."""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


def seal(secret: bytes, purpose: str, text: str) -> bytes:
    """A text that only this installation can read, and only for this purpose."""
    nonce = os.urandom(NONCE)
    return nonce + _key(secret, purpose).encrypt(nonce, text.encode(), None)


def unseal(secret: bytes, purpose: str, sealed: bytes) -> str | None:
    """What was sealed; None when the installation's secret has changed since."""
    try:
        return _key(secret, purpose).decrypt(sealed[:NONCE], sealed[NONCE:], None).decode()
    except InvalidTag:
        return None


def _key(secret: bytes, purpose: str) -> AESGCM:
    return AESGCM(hashlib.sha256(secret + b"\0" + purpose.encode()).digest())
