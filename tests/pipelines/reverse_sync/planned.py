"""Making plans over a sandbox in a test, without a warehouse."""

from __future__ import annotations

from cal_source.client import CalClient
from cal_source.limiter import RateLimiter
from pipelines.reverse_sync.builder import Built, Context, build_plan
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.plan import Account
from pipelines.reverse_sync.policy import Limits, Policy
from tests.conftest import InProcess
from tests.pipelines.reverse_sync.scenarios import CLIENT, NOW

SECRETS = {"HOOK": "new-secret", "CALLER": "cal_caller"}
OPEN = Policy(
    digest="0" * 64,
    limits=Limits(maximum_changes=None, maximum_share_of_future_bookings=None, per_attendee=None),
)


def client_of(sandbox, key="owner", transport=None) -> CalClient:
    """A client that never waits for the rate budget in real time."""
    signed = {"api_key": f"cal_sandbox_{key}"}
    if key == "platform":
        client = sandbox.world.oauth_clients[CLIENT]
        signed = {"client_id": CLIENT, "client_secret": client.secret}
    seconds = [0.0]

    def sleep(wait: float) -> None:
        seconds[0] += wait

    return CalClient(
        **signed,
        base_url="http://sandbox.test",
        v1_base_url="http://sandbox.test/v1",
        transport=transport or InProcess(sandbox),
        sleep=sleep,
        limiter=RateLimiter(clock=lambda: seconds[0], sleep=sleep),
    )


def context_of(sandbox, key="owner", **given) -> Context:
    values = {
        "sender": client_of(sandbox, key),
        "account": Account(base_url="http://sandbox.test", user_id=1001, organization_id=101),
        "author": "maker@example.com",
        "reason": "a test",
        "policy": OPEN,
        "now": NOW,
        "secret": SECRETS.__getitem__,
    }
    return Context(**values | given)


def built(sandbox, *requests: ChangeRequest, key="owner", **given) -> Built:
    return build_plan(requests, context_of(sandbox, key, **given))


def edit(event_type_id=5001, source="requests.csv:2", **body) -> ChangeRequest:
    """A change of an event type of the owner."""
    return ChangeRequest(
        action="edit_event_type_by_id",
        target={"eventTypeId": event_type_id},
        body=body or {"afterEventBuffer": 10},
        source=source,
    )


def absent(uid, email, *, is_absent=True, source="requests.csv:2") -> ChangeRequest:
    return ChangeRequest(
        action="mark_booking_absent_for_uid",
        target={"bookingUid": uid},
        body={"attendees": [{"email": email, "absent": is_absent}]},
        source=source,
    )


def shown(faults) -> list[str]:
    """The field and rule of each fault."""
    return [f"{one.field}: {one.rule}" for one in faults]
