"""Making a request's body of what a read shows: what Cal.com takes of it, and what it does not."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from cal_source.call_errors import RequestBodyError
from cal_source.requests import validate_body

if TYPE_CHECKING:
    from collections.abc import Mapping

_STEP: Final = re.compile(r"[^.\[\]]+")
_ROUNDS: Final = 60


def acceptable(
    action: str, shown: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Return the body of `action` that `shown` makes, and the fields that it cannot take.

    What a read shows is not always what a write takes: names of hosts, nulls, fields of its own.
    Entries that the body does not know are left out silently; a field that it knows and refuses is
    left out and named.

    Args:
        action: A write of the catalogue.
        shown: Fields as a read shows them.

    Returns:
        The body, None where what remains breaks a rule for the whole; and the fields left out.
    """
    body: dict[str, Any] = deepcopy(dict(shown))
    left_out: list[str] = []
    for _ in range(_ROUNDS):
        try:
            return validate_body(action, body), tuple(left_out)
        except RequestBodyError as error:
            dropped = [_drop(body, fault.field, fault.rule, left_out) for fault in error.rules]
            if not any(dropped):
                return None, tuple(left_out)
    return None, tuple(left_out)


def _drop(body: dict[str, Any], path: str, rule: str, left_out: list[str]) -> bool:
    """Take what is at fault out of `body`; False where nothing can be taken out."""
    steps: list[Any] = [int(step) if step.isdigit() else step for step in _STEP.findall(path)]
    if not steps or steps[0] not in body:
        return False
    if "is not a field of this body" not in rule:
        left_out.append(str(steps[0]))
        del body[steps[0]]
        return True
    here: Any = body
    for step in steps[:-1]:
        here = here[step]
    return here.pop(steps[-1], left_out) is not left_out
