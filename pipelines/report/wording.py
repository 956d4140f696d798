"""Numbers as texts. The terminal and the HTML file both take theirs from here."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pipelines.report.statistics import Change, Rate

NOTHING: Final = "–"
NOT_ENOUGH: Final = "not enough data"
NOT_CLEAR: Final = "not clear"
_MINUTES_PER_HOUR: Final = 60
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400

# They would turn the text around them, and the terminal's columns with it.
_BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def distinct_names(
    names: Mapping[int, str], noun: str, owners: Mapping[int, str] | None = None
) -> dict[int, str]:
    """Return a printable name per id; equal ones are told apart by their owner, else by their id.

    Args:
        names: Id to name as Cal.com has it, which may be empty or hold anything at all.
        noun: What it is, such as host, for those without a name.
        owners: Id to the name of the owner, of those that have one.
    """
    clean = {key: clean_text(name) or f"{noun} {key}".capitalize() for key, name in names.items()}
    owned = {
        key: f"{clean[key]} ({owners[key]})" if owners and key in owners else clean[key]
        for key in _repeated(clean)
    }
    clean |= owned
    return clean | {key: f"{clean[key]} ({noun} {key})" for key in _repeated(clean)}


def _repeated(names: Mapping[int, str]) -> list[int]:
    uses = Counter(names.values())
    return [key for key, name in names.items() if uses[name] > 1]


def clean_text(text: str) -> str:
    """Return the text on one line, without characters that steer a terminal or turn its order."""
    steering = {"Cc", "Zl", "Zp", "Cs"}
    kept = (" " if unicodedata.category(c) in steering else c for c in text)
    return " ".join("".join(c for c in kept if c not in _BIDI_CONTROLS).split())


def percent(share: float | None) -> str:
    """Return a share of 0..1 as a percentage with one decimal."""
    return NOTHING if share is None else f"{share * 100:.1f}%"


def rate_text(rate: Rate) -> str:
    """Return a rate for people, or why there is none."""
    if not rate.denominator:
        return NOTHING
    return percent(rate.rate) if rate.is_enough else NOT_ENOUGH


def interval_text(rate: Rate) -> str:
    """Return the 95 % interval of a rate that is shown, such as 3.1–7.4%."""
    if rate.low is None or rate.high is None or not rate.is_enough:
        return NOTHING
    return f"{rate.low * 100:.1f}–{percent(rate.high)}"


def share_text(rate: Rate) -> str:
    """Return a rate with its counts, such as 5.1% (12 of 236)."""
    if not rate.denominator:
        return NOTHING
    return f"{rate_text(rate)} ({rate.numerator:,} of {rate.denominator:,})"


def count_text(count: int) -> str:
    """Return a count with thousands set apart."""
    return f"{count:,}"


def hours_text(minutes: float | None) -> str:
    """Return minutes as hours with one decimal."""
    return NOTHING if minutes is None else f"{minutes / _MINUTES_PER_HOUR:,.1f} h"


def date_text(day: date | None) -> str:
    """Return a date such as 7 Mar 2026."""
    return NOTHING if day is None else f"{day.day} {day:%b %Y}"


def length_text(seconds: float) -> str:
    """Return a length of time in its two largest units, such as 3 h 20 min."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def change_text(change: Change) -> str:
    """Return a change in percentage points, such as up 4.2 points, or why there is none."""
    if change.difference is None or change.verdict not in {"up", "down"}:
        return change.verdict
    return f"{change.verdict} {abs(change.difference) * 100:.1f} points"


def moment_text(moment: datetime | None) -> str:
    """Return an instant in UTC such as 7 Mar 2026, 09:30 UTC."""
    return NOTHING if moment is None else f"{date_text(moment)}, {moment:%H:%M} UTC"
