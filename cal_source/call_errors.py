"""What is wrong with a call or a request body, told before anything is sent.

::

    ConfigError
    ├── CallParameterError  a parameter is missing, not wanted or malformed
    ├── WriteRefusedError   a call would change something: plan it instead
    ├── NotAWriteError      a body was given for an operation that is no write
    └── RequestBodyError    a body breaks rules of its write

No message carries a value that was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cal_source.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class CallParameterError(ConfigError):
    """The parameters of a call do not fit its operation.

    Attributes:
        key: The operation.
        problems: What is wrong, one entry for each parameter at fault, without the values given.
    """

    def __init__(self, key: str, problems: Sequence[str], known: Iterable[str]) -> None:
        self.key = key
        self.problems = tuple(problems)
        names = ", ".join(known)
        super().__init__(
            f"call of '{key}'",
            "; ".join(problems),
            f"It takes {names} (* is required)." if names else "It takes no parameters.",
        )


class WriteRefusedError(ConfigError):
    """A call would change something at Cal.com without plan and approval.

    Attributes:
        key: The operation.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"call of '{key}'",
            "was refused, because it would change Cal.com, and calls only read",
            "Changes go through the reverse sync: plan, approve, apply.",
        )


class NotAWriteError(ConfigError):
    """A body was given to be checked for an operation that is no write.

    Attributes:
        key: The operation.
        kind: What it is instead.
    """

    def __init__(self, key: str, kind: str) -> None:
        self.key = key
        self.kind = kind
        super().__init__(
            f"operation '{key}'", f"is a {kind}, not a write", "Give the key of a write."
        )


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """One rule that a request body breaks.

    Attributes:
        field: Where, such as `attendees[0].email`; `body` for the whole.
        rule: What must be so, as the end of a sentence that begins with the field.
    """

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field} {self.rule}"


class RequestBodyError(ConfigError):
    """A body breaks rules of its write; nothing was sent, and no value given is shown.

    Attributes:
        key: The operation.
        rules: The broken rules, in the order of the body's fields.
    """

    def __init__(self, key: str, rules: Sequence[BrokenRule]) -> None:
        self.key = key
        self.rules = tuple(rules)
        super().__init__(
            f"body for '{key}'",
            f"breaks {len(self.rules)} rule{'s' if len(self.rules) > 1 else ''}: "
            + "; ".join(map(str, self.rules)),
            "Mend what is named; nothing was sent.",
        )
