"""Approvals: signed statements that name one plan by its digest, and their revocations.

The signing key (Ed25519) lives in a file outside the warehouse and outside the project; the policy
file names whose public keys are trusted. Somebody who can edit the warehouse can therefore ask for
changes, and copy, forge or delete rows, but not approve: a row without a signature that fits is no
approval. A statement is the same as a row of `ops.approvals` and as a detached file for review in
git, and either serves.

What is signed is a prefix of our own and the canonical JSON of the statement, so that no other
signature made with the same key can stand for one.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from pipelines.reverse_sync.errors import ApprovalFileError, KeyFileError
from pipelines.reverse_sync.plan import canonical

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 1
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_SIGNED_PREFIX: Final = b"cal-warehouse statement about a plan\n"
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077


class StatementKind(StrEnum):
    """What a statement says about its plan."""

    APPROVAL = "approval"
    REVOCATION = "revocation"  # of every approval of the plan that was signed until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody says about exactly one plan.

    Attributes:
        kind: Approval or revocation.
        plan_digest: The plan, by the SHA-256 of its canonical form.
        approver: Identity of the policy file.
        reason: Why, in the approver's words.
        signed_at: When, UTC.
        expires_at: When an approval ends, UTC; None of a revocation.
        format: Version of this form.
    """

    kind: StatementKind
    plan_digest: str
    approver: str
    reason: str
    signed_at: Instant
    expires_at: Instant | None = None
    format: int = FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatement:
    """A statement with the signature that came with it, which may or may not fit.

    Attributes:
        statement: What it says.
        signature: Ed25519 signature, hexadecimal.
    """

    statement: Statement
    signature: str

    @property
    def id(self) -> str:
        """SHA-256 of what is signed, in hexadecimal."""
        return hashlib.sha256(canonical(self.statement)).hexdigest()

    def is_signed_by(self, public_key: str) -> bool:
        """Return whether the signature fits the statement and this public key (hexadecimal)."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
            signature = bytes.fromhex(self.signature)
            key.verify(signature, _to_sign(self.statement))
        except (InvalidSignature, ValueError):
            return False
        return signature.hex() == self.signature  # one spelling only: capitals were edited in


def _to_sign(statement: Statement) -> bytes:
    return _SIGNED_PREFIX + canonical(statement)


def sign(statement: Statement, key: Ed25519PrivateKey) -> SignedStatement:
    """Return the statement with its signature."""
    signature = key.sign(_to_sign(statement)).hex()
    return SignedStatement(statement=statement, signature=signature)


def encode_statement(signed: SignedStatement) -> bytes:
    """Return a signed statement as a file holds it: canonical JSON and a line end."""
    return canonical(signed) + b"\n"


def decode_statement(content: bytes, source: str) -> SignedStatement:
    """Return the signed statement that `content` is; whether the signature fits is not looked at.

    Args:
        content: What `encode_statement` gave.
        source: Where it comes from, for the message.

    Raises:
        ApprovalFileError: It is none, of another version, or not in canonical form to the byte.
    """
    try:
        signed = msgspec.json.decode(content, type=SignedStatement)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApprovalFileError(source, "is no signed approval or revocation") from error
    if signed.statement.format != FORMAT:
        found = signed.statement.format
        raise ApprovalFileError(source, f"has format {found}, and this version reads {FORMAT}")
    if encode_statement(signed) != content:
        raise ApprovalFileError(source, "was edited: it is not in the form in which it is written")
    return signed


def write_new_key(path: Path, passphrase: bytes | None = None) -> str:
    """Write a new signing key to a file that only its owner may read, and return its public half.

    Args:
        path: The file; its folder is made where it is missing.
        passphrase: Encrypts the file; None leaves it readable to whoever may read the file.

    Returns:
        The public key in hexadecimal, for the policy file.

    Raises:
        KeyFileError: There is such a file already, or it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
    except OSError as error:
        if not path.exists():
            problem = f"cannot be written ({error.strerror})"
            remedy = "Give a file in a folder that you may write to with --key."
            raise KeyFileError(str(path), problem, remedy) from error
        remedy = "Keep it, or give another name with --key: a key that is lost signs nothing."
        raise KeyFileError(str(path), "is there already and was left alone", remedy) from error
    return public_key_of(key)


def read_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Return the signing key of a file.

    Raises:
        KeyFileError: It is not there, others may read it, the passphrase does not fit, or it is
            no Ed25519 key.
    """
    try:
        if path.stat().st_mode & _OTHERS:
            remedy = f"Run 'chmod 600 {path}', and make a new key if it was read."
            raise KeyFileError(str(path), "may be read or written by others than you", remedy)
        pem = path.read_bytes()
    except OSError as error:
        remedy = "Make a key with 'cal-warehouse keygen', or give its file with --key."
        raise KeyFileError(str(path), f"cannot be read ({error.strerror})", remedy) from error
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except TypeError as error:  # a passphrase too many or too few
        remedy = "Give the passphrase that it was made with, and none where it has none."
        raise KeyFileError(str(path), "does not open that way", remedy) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        remedy = "Give the right passphrase, or the file that 'cal-warehouse keygen' wrote."
        raise KeyFileError(str(path), "does not open as a signing key", remedy) from error
    if not isinstance(key, Ed25519PrivateKey):
        remedy = "Make one with 'cal-warehouse keygen'."
        raise KeyFileError(str(path), "holds a key of another sort than Ed25519", remedy)
    return key


def public_key_of(key: Ed25519PrivateKey) -> str:
    """Return the public half of a signing key, in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def to_second(moment: datetime) -> datetime:
    """Return a moment as statements hold it: UTC, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0)
