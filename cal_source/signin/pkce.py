"""Proof that whoever exchanges a code is who asked for it (RFC 7636, method S256)."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def random_text(random_bytes: Callable[[int], bytes]) -> str:
    """Return 43 characters that nobody can guess: 32 random bytes."""
    return _base64url(random_bytes(32))


def challenge(verifier: str) -> str:
    """Return what is shown in public of a verifier that stays here."""
    return _base64url(hashlib.sha256(verifier.encode("ascii")).digest())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
