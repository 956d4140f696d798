"""Roles that were found good are not looked up again for five minutes.

Who loses a role, or whose team is gone, therefore still passes the guards for a while.

Source: BEHAVIOUR.md section 1.3; recordings `delete_team_by_id__repeat` and `__readback`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

_LASTS: Final = timedelta(minutes=5)


class Grants:
    """What guards let pass, and until when."""

    def __init__(self) -> None:
        self._until: dict[Hashable, datetime] = {}

    def holds(self, question: Hashable, now: datetime) -> bool:
        """Whether the answer was yes within the last minutes."""
        return now < self._until.get(question, now)

    def remember(self, question: Hashable, now: datetime) -> None:
        """Note that the answer is yes."""
        self._until[question] = now + _LASTS
