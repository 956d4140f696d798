"""Who a key is: its user, and the organisation that is read with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cal_source.errors import ConfigError, ForbiddenError, ShapeError
from cal_source.fanouts import Target
from cal_source.lazy import lazy_property

if TYPE_CHECKING:
    from cal_source.lists import Lists
    from cal_source.records import Record

_SHAPE_REMEDY: Final = "Check that base_url is Cal.com's API v2; an older server may differ."


class Identity:
    """Answers who the key is, with one request for the user and at most one more.

    Args:
        lists: Reads Cal.com.
        organization_id: Organisation to read; None takes the one of the key's user.
    """

    def __init__(self, lists: Lists, organization_id: int | None = None) -> None:
        self._lists = lists
        self._given_organization_id = organization_id

    @lazy_property
    def me(self) -> Record:
        """The key's user, as Cal.com describes them.

        Raises:
            CalError: The key is not accepted, or Cal.com does not answer.
            ShapeError: What answers has no user id.
        """
        records = self._lists.fetch(Target("retrieve_my_information", "user:me")).records
        if not records or not isinstance(records[0].get("id"), int):
            raise ShapeError("GET /v2/me", "the answer has no numeric id", _SHAPE_REMEDY)
        return records[0]

    @property
    def user_id(self) -> int:
        """Id of the key's user."""
        return int(self.me["id"])

    @lazy_property
    def organization_id(self) -> int | None:
        """Id of the organisation that is read, None without one.

        Raises:
            ConfigError: An organisation was asked for that this key may not read.
        """
        own = self.me.get("organizationId")
        asked = self._given_organization_id
        if asked is None or asked == own:
            return own if isinstance(own, int) else None
        target = Target(
            "retrieve_team_details_in_organization", f"organization:{asked}", {"orgId": asked}
        )
        try:
            self._lists.read(target)
        except ForbiddenError as error:
            belongs = f"belongs to organisation {own}" if own else "belongs to no organisation"
            raise ConfigError(
                f"CAL_ORG_ID={asked}",
                f"is an organisation this key may not read ({error.cal_message}); "
                f"its user {belongs}",
                f"Unset CAL_ORG_ID to use the key's own, or use a key of organisation {asked}.",
            ) from error
        return asked
