"""Making, changing and deleting members' absences; days are whole days in UTC.

Nothing is mailed and no webhook is sent, unlike in the web application.

Source: BEHAVIOUR.md section 7.5; recording `w_ooo_create`.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from cal_source.sandbox.bodies import BodyField, BodyRules, Rule, is_enum, is_int, is_string
from cal_source.sandbox.call import success
from cal_source.sandbox.clock import parse_iso
from cal_source.sandbox.errors import BadRequestError, ConflictError, ForbiddenError
from cal_source.sandbox.guards import is_user_in_organization, organization_role
from cal_source.sandbox.records import OutOfOffice
from cal_source.sandbox.render.people import out_of_office_json
from cal_source.sandbox.router import write

if TYPE_CHECKING:
    from cal_source.sandbox.call import Call
    from cal_source.sandbox.records import Json

_REASONS: Final = ("unspecified", "vacation", "travel", "sick", "public_holiday")


def _date(value: Any) -> datetime:
    found = parse_iso(value) if isinstance(value, str) else None
    if found is None:
        text = "Invalid Date"
        raise BadRequestError(text)
    return found


def _day(name: str, *, is_optional: bool) -> BodyField:
    text = f"{name} must be a Date instance"
    rule = Rule("isDate", lambda value: None if isinstance(value, datetime) else text)
    return BodyField(name, (rule,), is_optional=is_optional, convert=_date)


def _rules(*, is_new: bool) -> BodyRules:
    return BodyRules((
        _day("start", is_optional=not is_new),
        _day("end", is_optional=not is_new),
        BodyField("notes", (is_string("notes"),), is_optional=True, is_nullable=True),
        BodyField("toUserId", (is_int("toUserId"),), is_optional=True, is_nullable=True),
        BodyField("reason", (is_enum("reason", _REASONS),), is_optional=True),
    ))


_CREATE_RULES: Final = _rules(is_new=True)
_UPDATE_RULES: Final = _rules(is_new=False)


def create(call: Call) -> Any:
    """Note days away of a member."""
    columns = _columns(_CREATE_RULES.read(call))
    row = OutOfOffice(
        id=call.ids.number("out_of_office", call.world.out_of_office),
        uuid=call.ids.uuid(),
        user_id=int(call.params["userId"]),
        **columns,
    )
    _check(call, row)
    call.world.out_of_office[row.id] = row
    call.world.touch()
    return success(out_of_office_json(row))


def update(call: Call) -> Any:
    """Change days away of a member.

    Raises:
        BadRequestError: Only one end of the time is given.
    """
    row = _existing(call)
    body = _UPDATE_RULES.read(call)
    if ("start" in body) != ("end" in body):
        text = "Please specify both ooo start and end time."
        raise BadRequestError(text)
    columns = _columns(body)
    known = {name: getattr(row, name) for name in OutOfOffice.__slots__}
    _check(call, OutOfOffice(**(known | columns)))
    return success(out_of_office_json(call.world.edit("out_of_office", row.id, **columns)))


def delete(call: Call) -> Any:
    """Forget days away of a member."""
    row = _existing(call)
    del call.world.out_of_office[row.id]
    call.world.touch()
    return success(out_of_office_json(row))


def _existing(call: Call) -> OutOfOffice:
    user_id = int(call.params["userId"])
    row = call.world.out_of_office.get(call.guarded_number("oooId"))
    if row is None or row.user_id != user_id:
        text = "This OOO entry does not belong to this user."
        raise ForbiddenError(text)
    return row


def _columns(body: Json) -> Json:
    columns: Json = {"notes": body["notes"]} if "notes" in body else {}
    columns |= {"reason": body["reason"]} if "reason" in body else {}
    columns |= {"to_user_id": body["toUserId"]} if "toUserId" in body else {}
    for name, clock in (("start", time.min), ("end", time.max)):
        if name in body:
            day = datetime.combine(body[name].date(), clock, body[name].tzinfo)
            columns[name] = day.replace(microsecond=day.microsecond // 1000 * 1000)
    return columns


def _check(call: Call, row: OutOfOffice) -> None:
    """Refuse what cannot be, in Cal.com's order.

    Raises:
        BadRequestError: It ends before it starts, or the one who stands in cannot.
        ConflictError: The member is away then already.
    """
    if row.start > row.end:
        text = "Start date must be before end date."
        raise BadRequestError(text)
    others = [other for other in call.world.out_of_office.values() if other.id != row.id]
    if any(_leads_back(other, row) for other in others):
        text = "Booking redirect infinite not allowed."
        raise BadRequestError(text)
    if any(_is_same(other, row) for other in others):
        text = "Ooo entry already exists."
        raise ConflictError(text)
    if row.to_user_id is not None:
        _check_substitute(call, row.user_id, row.to_user_id)


def _leads_back(other: OutOfOffice, row: OutOfOffice) -> bool:
    is_pair = other.to_user_id == row.user_id and other.user_id == row.to_user_id
    return is_pair and other.start <= row.end and other.end >= row.start


def _is_same(other: OutOfOffice, row: OutOfOffice) -> bool:
    is_end = abs(other.end - row.end) < timedelta(seconds=1)
    return other.user_id == row.user_id and other.start == row.start and is_end


def _check_substitute(call: Call, user_id: int, to_user_id: int) -> None:
    if to_user_id == user_id:
        text = "Cannot redirect to self."
        raise BadRequestError(text)
    teams = {row.team_id for row in call.world.memberships.values() if row.user_id == user_id}
    rows = call.world.memberships.values()
    if not any(row.user_id == to_user_id and row.team_id in teams for row in rows):
        text = "Cannot redirect to this user."
        raise BadRequestError(text)


_OF_MEMBER: Final = "/v2/organizations/{orgId}/users/{userId}/ooo"
_GUARDS: Final = (*organization_role("ORG_ADMIN"), is_user_in_organization)
ROUTES = (
    write("POST", _OF_MEMBER, create, *_GUARDS),
    write("PATCH", f"{_OF_MEMBER}/{{oooId}}", update, *_GUARDS),
    write("DELETE", f"{_OF_MEMBER}/{{oooId}}", delete, *_GUARDS),
)
