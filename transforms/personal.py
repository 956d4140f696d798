"""Keeps personal data and bearer-like keys out of messages."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"([^\s@'\"(),;<>])[^\s@'\"(),;<>]*(@[^\s@'\"(),;<>]+)")
_SHOWN = 6
_LONGEST = 12


def mask_emails(text: str) -> str:
    """Return `text` with every e-mail shown as `j***@example.com`."""
    return _EMAIL.sub(r"\1***\2", text)


def mask_key(value: object) -> str:
    """Return a key's value so that its owner can find the row, and nobody can use it.

    E-mails are masked. Other texts longer than 12 characters, which may be capabilities such as
    uids, keep their first 6: enough for `where key like '…%'`.
    """
    if not isinstance(value, str):
        return "NULL" if value is None else str(value)
    if "@" in value:
        return mask_emails(value)
    return f"{value[:_SHOWN]}…" if len(value) > _LONGEST else value
