"""Texts of the command line as values, with errors that say what was expected."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime


def names(text: str) -> tuple[str, ...]:
    """Read names separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def assignment(text: str) -> tuple[str, str]:
    """Read NAME=VALUE.

    Raises:
        ArgumentTypeError: It is something else.
    """
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"'{name}' has no value; write NAME=VALUE")
    return name, value


def decision(text: str) -> tuple[str, str]:
    """Read ID=applied or ID=not-applied.

    Raises:
        ArgumentTypeError: It is something else.
    """
    name, value = assignment(text)
    if value not in {"applied", "not-applied"}:
        raise argparse.ArgumentTypeError(f"'{value}' is neither applied nor not-applied")
    return name, value


def number(text: str) -> int:
    """Read a whole number.

    Raises:
        ArgumentTypeError: It is something else.
    """
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from None


def count(text: str) -> int:
    """Read a number above 0.

    Raises:
        ArgumentTypeError: It is something else.
    """
    value = number(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return value


def instant(text: str) -> datetime:
    """Read a date or instant; UTC unless it says otherwise.

    Raises:
        ArgumentTypeError: It is something else.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a date or instant such as 2026-01-31 or 2026-01-31T09:00:00Z"
        ) from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
