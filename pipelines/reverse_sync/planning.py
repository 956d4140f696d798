"""What a plan is made with, gathered from the account and the warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cal_source.catalogue import operation
from cal_source.identity import Identity
from cal_source.lists import Lists
from cal_source.run_ids import utc_now
from cal_source.walk import instant
from pipelines.reverse_sync.guards import Facts
from pipelines.reverse_sync.plan import Account

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cal_source.client import CalClient
    from pipelines.reverse_sync.change_requests import ChangeRequest
    from pipelines.reverse_sync.live import Sender
    from pipelines.warehouse import Warehouse

_UIDS_PER_QUERY = 500
_ENTITLED = "upcoming,unconfirmed"


def account_of(client: CalClient, organization_id: int | None = None) -> Account:
    """Return whose Cal.com a client speaks to; a platform client speaks for no user.

    Args:
        client: The client.
        organization_id: The organisation; None takes the one of the key's user.

    Raises:
        CalError: Cal.com refuses, or does not answer.
    """
    if client.credentials.kind == "platform client":
        return Account(base_url=client.base_url, user_id=0, organization_id=organization_id)
    identity = Identity(Lists(client, utc_now), organization_id)
    return Account(
        base_url=client.base_url,
        user_id=identity.user_id,
        organization_id=identity.organization_id,
    )


def facts_of(sender: Sender, requests: Iterable[ChangeRequest], now: datetime) -> Facts:
    """Return what guards must know; asks Cal.com only where a request concerns a booking.

    Raises:
        CalError: Cal.com refuses, or does not answer.
    """
    if not any("bookingUid" in one.target for one in requests):
        return Facts()
    answer = sender.request(
        operation("fetch_all_bookings"),
        params={"afterStart": instant(now), "status": _ENTITLED, "take": 1},
    )
    total = (answer.pagination or {}).get("totalItems")
    return Facts(future_bookings=total if isinstance(total, int) else None)


def starts_of(warehouse: Warehouse, requests: Iterable[ChangeRequest]) -> dict[str, datetime]:
    """Return the starts of the bookings that requests name, as the warehouse has them."""
    named = {str(one.target["bookingUid"]) for one in requests if "bookingUid" in one.target}
    uids = sorted(named)
    starts: dict[str, datetime] = {}
    for first in range(0, len(uids), _UIDS_PER_QUERY):
        part = {f"uid_{i}": uid for i, uid in enumerate(uids[first : first + _UIDS_PER_QUERY])}
        marks = ", ".join(f"${name}" for name in part)
        rows = warehouse.rows(f'select uid, "start" from raw.bookings where uid in ({marks})', part)
        starts |= {row["uid"]: row["start"] for row in rows if row["start"] is not None}
    return starts


def subscribers_of(warehouse: Warehouse) -> dict[str, Sequence[str]]:
    """Return the addresses that may hear of a trigger, as the warehouse has them.

    Which level concerns which booking is not worked out: an address too many is the safe side.
    """
    rows = warehouse.rows("select subscriber_url, triggers from raw.webhooks where active")
    found: dict[str, set[str]] = {}
    for row in rows:
        triggers: Any = row["triggers"]
        for trigger in msgspec.json.decode(triggers) if isinstance(triggers, str) else triggers:
            found.setdefault(str(trigger), set()).add(str(row["subscriber_url"]))
    return {trigger: sorted(urls) for trigger, urls in sorted(found.items())}
