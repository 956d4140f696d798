"""What Cal.com's answer to a write says about the change that was asked for.

Cal.com has no idempotency keys, words some refusals in general terms, and answers some calls 400
or 500 after doing what was asked. An answer is therefore a claim, and `settle` lets a read of the
target decide; only a plain refusal stands alone.

- done: a success envelope;
- already done: Cal.com says that it is so, whoever did it;
- refused: the request breaks a rule, and nothing was changed;
- conflict: the world is not as the plan saw it (gone, taken, moved), and nothing was changed;
- unknown: no answer, a broken one, or one that Cal.com also gives after changing something.

Source: BEHAVIOUR.md sections 7 and 8; recordings `recorded-actions/*` and `recorded/w_*`.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from cal_source.catalogue import operation
from cal_source.errors import (
    AuthError,
    MalformedAnswer,
    NotCalError,
    RateLimited,
    RequestFailed,
    ServerError,
    Unreachable,
)


class Outcome(StrEnum):
    """What became of a change."""

    DONE = "done"
    ALREADY_DONE = "already done"
    REFUSED = "refused"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an answer says, before anything is read back.

    Attributes:
        outcome: What it says.
        reason: Cal.com's words, redacted; empty for a success.
        successor: The uid or id that the answer names as the result of an earlier, equal call;
            empty where it names none.
        is_unsent: Whether the request certainly never reached the operation, so that sending it
            again cannot be a second change.
        may_repeat: Whether it may be sent again once a read has proved that nothing changed. A
            500 in Cal.com's own words may not: it comes again, perhaps with the mails before it.
        ends_apply: Whether every further change would be answered alike.
        request_id: Cal.com's id of the request; empty where there is none.
    """

    outcome: Outcome
    reason: str = ""
    successor: str = ""
    is_unsent: bool = False
    may_repeat: bool = False
    ends_apply: bool = False
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """Cal.com's words in answer to some writes, and what they mean there.

    Attributes:
        words: Searched for in the message. A group `successor` names the result of the earlier
            call.
        outcome: What the answer then says.
        status: The status it comes with.
    """

    words: re.Pattern[str]
    outcome: Outcome
    status: int


def _says(words: str, outcome: Outcome, status: int = HTTPStatus.BAD_REQUEST) -> _Rule:
    return _Rule(re.compile(words, re.IGNORECASE), outcome, status)


_ALREADY: Final = Outcome.ALREADY_DONE
_SLOT_TAKEN: Final = _says(
    r"already has booking at this time|already have bookings at this time", Outcome.CONFLICT
)
_EXISTS: Final = _says("", _ALREADY, HTTPStatus.CONFLICT)
_SLUG_EXISTS: Final = _says(r"event type with this slug", _ALREADY)
_SLUG_TAKEN: Final = _says(r"event type with this slug", Outcome.CONFLICT)
_NO_SCHEDULE: Final = _says(r"Schedule with ID=\S+ does not exist", _ALREADY)
_NOT_IN_ORGANIZATION: Final = _says(r"^Is(?:User|Webhook)InOrg\b", _ALREADY, HTTPStatus.FORBIDDEN)
_IN_OTHER_WORDS: Final = "Please check your request data"  # TRPC masks the real text

_RULES: Final[dict[str, tuple[_Rule, ...]]] = {
    "create_a_new_booking": (
        _SLOT_TAKEN,
        _says("already_signed_up_for_this_booking", _ALREADY, HTTPStatus.CONFLICT),
    ),
    "cancel_booking_via_uid": (
        _says(r"has (?:already )?been cancelled", _ALREADY),
        _says(r"has already ended", Outcome.CONFLICT),
        # It cancels the one booking first and refuses then (BEHAVIOUR.md 7.2, Cancel).
        _says(r"not part of a recurring booking", Outcome.UNKNOWN),
    ),
    # Only accepted bookings are refused, and decline refuses only those, in the same words.
    "confirm_booking_by_uid": (_says(_IN_OTHER_WORDS, _ALREADY),),
    "decline_booking_with_reason": (_says(_IN_OTHER_WORDS, Outcome.CONFLICT),),
    "reschedule_booking_by_uid": (
        _says(r"rescheduled already to booking with uid=(?P<successor>\w+)", _ALREADY),
        _says(r"has been cancelled", Outcome.CONFLICT),
        _SLOT_TAKEN,
    ),
    "create_team_event_type": (_SLUG_EXISTS,),
    "create_team_event_types_with_custom_options": (_SLUG_EXISTS,),
    "edit_event_type_by_id": (_SLUG_TAKEN,),
    "update_team_event_type": (_SLUG_TAKEN, _says(r"to update not found", Outcome.CONFLICT)),
    "delete_schedule_by_id": (_NO_SCHEDULE,),
    "delete_user_schedule": (_NO_SCHEDULE,),
    "delete_org_webhook": (_NOT_IN_ORGANIZATION,),
    "delete_user_from_organization": (_NOT_IN_ORGANIZATION,),
    "update_webhook_for_organization": (
        _says(r"^IsWebhookInOrg\b", Outcome.CONFLICT, HTTPStatus.FORBIDDEN),
    ),
    "connect_conferencing_app": (_says(r"is already connected", _ALREADY),),
    "delete_conference_app_connection": (_says(r"not connected", _ALREADY),),
    # Whose reservation it is cannot be told.
    "reserve_slot_for_event": (
        _says(r"already reserved", Outcome.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    "create_oauth_client_user": (
        _says(r"Existing user ID=(?P<successor>\d+)", _ALREADY, HTTPStatus.CONFLICT),
    ),
    **dict.fromkeys(
        (
            "add_member_to_team",
            "assign_or_create_attribute_option_for_user",
            "create_membership_for_organization",
            "create_oauth_client_webhook_configuration",
            "create_or_update_team_profile",
            "create_organization_attributes",
            "create_organization_webhook_by_org_id",
            "create_team_in_organization",
            "create_team_membership_with_role",
            "create_webhook_for_event_type",
            "create_webhook_subscription",
            "post_user_to_organization",
        ),
        (_EXISTS,),
    ),
}
_REMOVALS_BY_POST: Final = frozenset({"disconnect_calendar_using_credential_id"})
_UNKNOWN_ROUTE: Final = re.compile(r"^Cannot [A-Z]+ /")
# Timeouts by their status: whether the operation ran cannot be told.
_TIMEOUTS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, 499})
_ABOUT_THE_OBJECT: Final = "TRPCError"  # the code of a 401 that is not about the key
_LONGEST_REASON: Final = 300  # Cal.com's database errors quote its source code


def read_success(request_id: str | None) -> Claim:
    """Return the claim of an answer with a success envelope."""
    return Claim(outcome=Outcome.DONE, request_id=request_id or "")


def read_failure(action: str, error: RequestFailed) -> Claim:
    """Return what a failed write says about the change.

    Args:
        action: Key of the write in the catalogue.
        error: What the client raised; it was sent once.

    Raises:
        UnknownOperationError: The catalogue has no such write.
    """
    outcome, successor = _meaning(action, error)
    return Claim(
        outcome=outcome,
        reason=_reason(error),
        successor=successor,
        is_unsent=isinstance(error, RateLimited) or _is_about_the_key(error),
        may_repeat=_is_undecided(error)
        and not (isinstance(error, ServerError) and error.is_calcoms_own),
        ends_apply=_is_about_the_key(error),
        request_id=error.request_id or "",
    )


def settle(claim: Claim, *, is_done: bool | None) -> Outcome:
    """Return what became of a change, from the answer and a fresh image of its target.

    Args:
        claim: What the answer said; of a crash or a lost answer, unknown.
        is_done: Whether the image shows the change done; None where no image can tell.

    Returns:
        The outcome. Unknown with `is_done` false means: proved not done, so that it may be sent
        again; without an image it means that a person has to look.
    """
    if is_done is None:
        return claim.outcome
    if is_done:
        settled = {
            Outcome.CONFLICT: Outcome.ALREADY_DONE,
            Outcome.UNKNOWN: Outcome.DONE,
        }
        return settled.get(claim.outcome, claim.outcome)
    # Done and not seen is no success: a body field dropped in silence, or a late replica.
    unseen = {Outcome.ALREADY_DONE: Outcome.CONFLICT, Outcome.DONE: Outcome.UNKNOWN}
    return unseen.get(claim.outcome, claim.outcome)


def _meaning(action: str, error: RequestFailed) -> tuple[Outcome, str]:
    if (ruled := _ruled(action, error)) is not None:
        return ruled
    if _is_undecided(error):
        return Outcome.UNKNOWN, ""
    if error.status == HTTPStatus.NOT_FOUND and not _UNKNOWN_ROUTE.match(error.cal_message):
        return (_ALREADY if _is_removal(action) else Outcome.CONFLICT), ""
    if error.status == HTTPStatus.CONFLICT:
        return Outcome.CONFLICT, ""
    return Outcome.REFUSED, ""


def _ruled(action: str, error: RequestFailed) -> tuple[Outcome, str] | None:
    if isinstance(error, NotCalError):
        return None
    for rule in _RULES.get(action, ()):
        found = rule.words.search(error.cal_message)
        if found and error.status == rule.status:
            return rule.outcome, found.groupdict().get("successor") or ""
    return None


def _is_undecided(error: RequestFailed) -> bool:
    """Whether the write may have happened, for all that the answer says."""
    if isinstance(error, (Unreachable, MalformedAnswer, ServerError, NotCalError)):
        return True
    return error.status is None or error.status in _TIMEOUTS


def _is_about_the_key(error: RequestFailed) -> bool:
    return isinstance(error, AuthError) and error.cal_code != _ABOUT_THE_OBJECT


def _is_removal(action: str) -> bool:
    return operation(action).method == "DELETE" or action in _REMOVALS_BY_POST


def _reason(error: RequestFailed) -> str:
    said = "; ".join(error.constraints) or error.cal_message or type(error).__name__
    said = textwrap.shorten(said, _LONGEST_REASON, placeholder=" …")
    return said if error.status is None else f"{error.status}: {said}"
