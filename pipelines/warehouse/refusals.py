"""What databases and operating systems say when nothing more can be written."""

from __future__ import annotations

_NO_SPACE = ("no space left", "could not write", "file too large", "disk", "permission denied")


def space_problem(message: str) -> str:
    """Return the line of a message that says that nothing more can be written, else nothing."""
    lines = message.strip().splitlines()
    return next((line for line in lines if any(sign in line.lower() for sign in _NO_SPACE)), "")


def first_line(message: str) -> str:
    """Return the first line of a message, or words for an empty one."""
    return message.strip().splitlines()[0] if message.strip() else "unknown reason"
