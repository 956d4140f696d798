"""Whether what a change relies on, or aims at, is so in an image of its target."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pipelines.reverse_sync.plan import (
    REFERENCE_PREFIX,
    Condition,
    Image,
    Rule,
    content_digest,
    fingerprint,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ABOUT_THE_WHOLE: Final = {Rule.PRESENT, Rule.ABSENT}


def failures(
    conditions: Iterable[Condition],
    image: Image,
    *,
    now: datetime,
    secret: Callable[[str], str],
) -> tuple[str, ...]:
    """Return what does not hold, in words without values; nothing where all of it does.

    Args:
        conditions: A change's precondition, or its `done`.
        image: A fresh image of its target; None where there is no such object.
        now: The present instant.
        secret: Gives the secret that a reference `secret:NAME` names.
    """
    return tuple(
        _told(condition, image)
        for condition in conditions
        if not _holds(condition, image, now, secret)
    )


def hold(
    conditions: Iterable[Condition],
    image: Image,
    *,
    now: datetime,
    secret: Callable[[str], str],
) -> bool:
    """Return whether there are conditions and all of them hold; see `failures`."""
    conditions = tuple(conditions)
    return bool(conditions) and not failures(conditions, image, now=now, secret=secret)


def gained(condition: Condition, image: Image) -> Any:
    """Return the one entry that a list has gained (`Rule.GAINED`); None where it is not one."""
    new = _new_entries(condition, (image or {}).get(condition.field))
    return new[0] if len(new) == 1 else None


def parse_instant(text: str) -> datetime:
    """Return an instant as Cal.com writes it; UTC where it names no zone."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _holds(condition: Condition, image: Image, now: datetime, secret: Callable[[str], str]) -> bool:
    if condition.rule is Rule.ABSENT:
        return image is None
    if image is None:
        return False
    if condition.rule is Rule.PRESENT:
        return True
    if condition.rule is Rule.UNCHANGED:
        part = image.get(condition.field) if condition.field else image
        return bool(content_digest(part) == condition.value)
    wanted = _with_fingerprints(condition.value, secret)
    return _field_holds(condition, wanted, image.get(condition.field), now)


def _field_holds(condition: Condition, wanted: Any, actual: Any, now: datetime) -> bool:
    match condition.rule:
        case Rule.IS:
            return bool(actual == wanted)
        case Rule.ONE_OF:
            return bool(actual in wanted)
        case Rule.CONTAINS:
            return all(any(matches(one, entry) for entry in actual or ()) for one in wanted)
        case Rule.LACKS:
            return not any(matches(one, entry) for one in wanted for entry in actual or ())
        case Rule.GAINED:
            lost = [entry for entry in condition.value if entry not in (actual or ())]
            return not lost and len(_new_entries(condition, actual)) == 1
        case Rule.FUTURE:
            return isinstance(actual, str) and parse_instant(actual) > now
        case Rule.PAST:
            return isinstance(actual, str) and parse_instant(actual) <= now
        case _:
            return matches(wanted, actual)


def matches(wanted: Any, actual: Any) -> bool:
    """Return whether `actual` is what is wanted; its objects may hold more than the wanted ones.

    Instants are equal when they name the same moment, however they are written.
    """
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(
            key in actual and matches(value, actual[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(wanted)
            and all(map(matches, wanted, actual))
        )
    return bool(wanted == actual) or _same_moment(wanted, actual)


def _same_moment(wanted: Any, actual: Any) -> bool:
    if not (isinstance(wanted, str) and isinstance(actual, str)) or "T" not in wanted:
        return False
    try:
        return parse_instant(wanted) == parse_instant(actual)
    except ValueError:
        return False


def _new_entries(condition: Condition, actual: Any) -> list[Any]:
    return [entry for entry in actual or () if entry not in condition.value]


def _with_fingerprints(value: Any, secret: Callable[[str], str]) -> Any:
    if isinstance(value, str) and value.startswith(REFERENCE_PREFIX):
        return fingerprint(secret(value.removeprefix(REFERENCE_PREFIX)))
    if isinstance(value, dict):
        return {key: _with_fingerprints(entry, secret) for key, entry in value.items()}
    if isinstance(value, list):
        return [_with_fingerprints(entry, secret) for entry in value]
    return value


def _told(condition: Condition, image: Image) -> str:
    if condition.rule in _ABOUT_THE_WHOLE:
        return "the object is there" if image is not None else "the object is not there"
    if image is None:
        return "the object is not there"
    if condition.rule is Rule.UNCHANGED:
        return f"{condition.field or 'the object'} was changed"
    if condition.rule in {Rule.IS, Rule.MATCHES, Rule.ONE_OF}:
        return f"{condition.field} is another value"
    return f"{condition.field} is not as it must be ({condition.rule})"
