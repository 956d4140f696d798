"""Making, changing and deleting private links of event types.

A link that has an end shows only that, whatever its number of uses; every change without an end
takes the end away.

Source: recordings `*private_link*` of `recorded-actions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import json_body
from cal_source.sandbox.call import success
from cal_source.sandbox.clock import parse_iso
from cal_source.sandbox.errors import BadRequestError, NotFoundError
from cal_source.sandbox.guards import authenticated, organization_team_role
from cal_source.sandbox.records import PrivateLink
from cal_source.sandbox.router import KNOWN_VERSIONS, OLDEST_VERSION, write
from cal_source.sandbox.routes.event_types import link_json, own_event_type, team_event_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import EventType, Json

# What the database library says of a date it cannot read; the frame is of Cal.com's own code.
_BAD_DATE: Final = """
Invalid `this.dbWrite.prisma.hashedLink.{method}()` invocation in
<path>

  46     }});
  47 }}
  48 async update(eventTypeId, link) {{
→ 49     return this.dbWrite.prisma.hashedLink.{method}({{
           where: {{
             eventTypeId: {event_type_id},
             link: "{link}"
           }},
           data: {{
             expiresAt: "{value}"
                        {marks}
           }}
         }})

Invalid value for argument `expiresAt`: input contains invalid characters. \
Expected ISO-8601 DateTime."""


def create(event_type: Callable[[Call], EventType]) -> Callable[[Call], Any]:
    """Make the handler that adds a link, good for one use unless the body says otherwise."""

    def handler(call: Call) -> Any:
        row = event_type(call)
        body = json_body(call)
        numbers = (link.number for link in call.world.private_links.values())
        link = PrivateLink(
            id=call.ids.short(),
            event_type_id=row.id,
            number=call.ids.number("private_links", numbers),
            expires_at=_end(body, row.id, "", "create"),
            max_usage_count=_uses(body) if "maxUsageCount" in body else 1,
        )
        call.world.private_links[link.id] = link
        return success(link_json(call.world, link, call.now))

    return handler


def update(event_type: Callable[[Call], EventType]) -> Callable[[Call], Any]:
    """Make the handler that changes a link; the number of uses is not checked."""

    def handler(call: Call) -> Any:
        row = event_type(call)
        body = json_body(call)
        link = _existing(call, row.id, "Updated link not found")
        columns: Json = {"expires_at": _end(body, row.id, link.id, "updateMany")}
        if "maxUsageCount" in body:
            columns["max_usage_count"] = _uses(body)
        changed = call.world.edit("private_links", link.id, **columns)
        return success(link_json(call.world, changed, call.now))

    return handler


def delete(event_type: Callable[[Call], EventType]) -> Callable[[Call], Any]:
    """Make the handler that deletes a link."""

    def handler(call: Call) -> Any:
        link = _existing(call, event_type(call).id, "Deleted link not found")
        del call.world.private_links[link.id]
        return success({"linkId": link.id, "message": "Private link deleted successfully"})

    return handler


def _existing(call: Call, event_type_id: int, complaint: str) -> PrivateLink:
    link = call.world.private_links.get(call.params["linkId"])
    if link is None or link.event_type_id != event_type_id:
        raise NotFoundError(complaint)
    return link


def _uses(body: Json) -> int | None:
    value = body["maxUsageCount"]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        text = "Invalid value provided for argument `maxUsageCount`. Expected Int."
        raise BadRequestError(text)
    return value


def _end(body: Json, event_type_id: int, link: str, method: str) -> datetime | None:
    value = body.get("expiresAt")
    if value is None:
        return None
    end = parse_iso(value) if isinstance(value, str) else None
    if end is None:
        raise BadRequestError(
            _BAD_DATE.format(
                method=method,
                event_type_id=event_type_id,
                link=link,
                value=value,
                marks="~" * (len(str(value)) + 2),
            ),
        )
    return end


_OWN: Final = "/v2/event-types/{eventTypeId}/private-links"
_TEAM: Final = "/v2/organizations/{orgId}/teams/{teamId}/event-types/{eventTypeId}/private-links"
ROUTES = tuple(
    route
    for base, finder, guards, versions in (
        (_OWN, own_event_type, (authenticated,), (OLDEST_VERSION,)),
        (_TEAM, team_event_type, organization_team_role("TEAM_ADMIN"), KNOWN_VERSIONS),
    )
    for route in (
        write("POST", base, create(finder), *guards, versions=versions),
        write("PATCH", f"{base}/{{linkId}}", update(finder), *guards, versions=versions),
        write("DELETE", f"{base}/{{linkId}}", delete(finder), *guards, versions=versions),
    )
)
