"""What a real server answered to the 89 writes, and what that says about the change."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from cal_source.answer import RawAnswer, read_answer
from cal_source.catalogue import OPERATIONS, Kind
from cal_source.errors import (
    AuthError,
    BadRequestError,
    MalformedAnswer,
    NotCalError,
    RequestFailed,
    ServerError,
    Unreachable,
)
from pipelines.reverse_sync.outcome import Claim, Outcome, read_failure, read_success, settle


def _names(text):
    return text.split()


WRITES = {key: row for key, row in OPERATIONS.items() if row.kind is Kind.WRITE}
# Refusals that say that it is so already: by the part of the file's name behind the action.
ALREADY = _names("""
add_member_to_team__repeat
assign_or_create_attribute_option_for_user__repeat
cancel_booking_via_uid__repeat
connect_conferencing_app__repeat
create_oauth_client_user__repeat
create_oauth_client_webhook_configuration__repeat
create_or_update_team_profile__billing_on_repeat
create_or_update_team_profile__same_slug_other_name
create_organization_attributes__repeat
create_team_event_type__repeat
create_team_event_types_with_custom_options__repeat
create_team_in_organization__repeat
create_team_membership_with_role__repeat
delete_all_team_event_type_webhooks__not_found
delete_conference_app_connection__repeat
delete_event_type_by_id__not_found
delete_event_type_in_team__not_found delete_event_type_in_team__repeat
delete_membership_in_team__repeat
delete_oauth_client_managed_user__not_managed delete_oauth_client_managed_user__repeat
delete_oauth_client_webhook__invalid_id delete_oauth_client_webhook__not_found
delete_org_webhook__invalid_id delete_org_webhook__not_found
delete_organization_attribute__invalid_id delete_organization_attribute__not_found
delete_organization_attribute__repeat
delete_organization_attribute_option__invalid_id delete_organization_attribute_option__not_found
delete_organization_membership__not_found
delete_schedule_by_id__not_found delete_schedule_by_id__repeat
delete_selected_calendars__not_found delete_selected_calendars__not_found_credential
delete_selected_calendars__repeat
delete_team_by_id__repeat
delete_team_event_type_in_organization__not_found
delete_team_from_organization__repeat
delete_team_memberships_by_id__not_found
delete_user_attribute_option__invalid_id
delete_user_from_organization__not_found
delete_user_schedule__not_found
delete_webhook_by_id__not_found delete_webhook_by_id__repeat
delete_webhook_for_event_type__not_found delete_webhook_for_event_type__repeat
disconnect_calendar_using_credential_id__not_found disconnect_calendar_using_credential_id__repeat
post_user_to_organization__existing_user_elsewhere
reschedule_booking_by_uid__repeat
w_booking_cancel_twice w_booking_confirm_twice
""")
# The world is not as a plan would have seen it: the target is gone, or its place is taken.
CONFLICT = _names("""
add_selected_calendar__not_found
assign_or_create_attribute_option_for_user__not_found
assign_or_create_attribute_option_for_user__not_found_attribute
cancel_booking_via_uid__not_found confirm_booking_by_uid__not_found
create_a_new_booking__not_found create_a_new_booking__repeat
create_organization_team_form_workflow__not_found
create_team_event_type__not_found_host
create_team_event_types_with_custom_options__not_found
create_team_event_types_with_custom_options__not_found_host
create_team_invite_link__not_found create_webhook_for_event_type__not_found
decline_booking_with_reason__not_found
edit_event_type_by_id__not_found edit_event_type_by_id__not_owner
modify_org_attribute_by_id__invalid_id modify_org_attribute_by_id__not_found
modify_org_attribute_by_id__slug_taken modify_organization_membership_by_id__not_found
patch_organization_attribute_option__invalid_id patch_organization_user_details__email_taken
patch_webhook_event_type__not_found
reassign_booking_to_another_user__not_found reassign_booking_to_another_user__not_found_user
reschedule_booking_by_uid__not_found reserve_slot_for_event__repeat
update_destination_calendar_integration__no_success
update_destination_calendar_integration__not_found
update_oauth_client_user_settings__not_found
update_oauth_client_webhook__invalid_id update_oauth_client_webhook__not_found
update_oauth_client_webhook__url_taken
update_private_link__invalid_id update_schedule_by_id__not_found
update_team_event_type__not_found update_team_event_type__slug_taken
update_team_event_type_webhook__invalid_id update_team_event_type_webhook__not_found
update_team_information_by_id__not_found update_team_information_by_id__slug_other_team_name
update_team_information_by_id__slug_taken
update_team_membership__not_found update_team_membership_by_id__not_found
update_user_schedule_in_organization__not_found
update_webhook_by_id__invalid_id update_webhook_by_id__not_found update_webhook_by_id__url_taken
update_webhook_for_organization__invalid_id update_webhook_for_organization__not_found
w_booking_create_slot_taken
""")
# Every 500: the real server wrote the team, and the known attendees' marks, before it failed.
UNKNOWN = _names("""
create_or_update_team_profile__billing_on_stripe_unreachable
create_phone_call_event__no_success create_phone_call_event__not_found
delete_event_type_by_id__invalid_id delete_schedule_by_id__invalid_id delete_team_by_id__invalid_id
delete_user_from_organization__invalid_id patch_team_details_by_id__invalid_id
reassign_booking_to_another_user__invalid update_schedule_by_id__invalid_id
update_team_information_by_id__invalid_id w_absent_wrong_email
""")
# Refused although nothing is wrong with the request itself, each for a reason of its own.
REFUSED_FOR_GOOD = {
    "add_attendee__not_found": "Cannot POST",  # the server does not know this operation
    "confirm_booking_by_uid__not_owner": "not authorized",
    "delete_schedule_by_id__of_other_user": "does not own",
    "w_absent_future_400": "after their scheduled start time",
    "request_email_verification_code__throttled": "Too many requests",
}


def recorded_writes(reference_dir):
    """Yield (name, action, raw answer) of every recorded call of a write."""
    paths = [(row, re.compile(re.sub(r"\{\w+\}", "[^/]+", row.path))) for row in WRITES.values()]
    files = [*(reference_dir / "recorded-actions").glob("*.json")]
    for file in [*files, *(reference_dir / "recorded").glob("*.json")]:
        call = json.loads(file.read_text("utf-8"))
        if file.name.startswith("_") or "request" not in call:
            continue
        method, path = call["request"]["method"], urlsplit(call["request"]["url"]).path
        keys = [r.key for r, p in paths if r.method == method and p.fullmatch(path)]
        if keys:
            key = next((key for key in keys if file.stem.startswith(f"{key}__")), keys[0])
            headers = {name.lower(): value for name, value in call["headers"].items()}
            yield file.stem, key, _raw(method, path, call["status"], headers, call["body"])


def _raw(method, path, status, headers, body):
    return RawAnswer(
        method=method,
        path=path,
        status=status,
        headers=headers,
        content=json.dumps(body).encode(),
        fetched_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
    )


def claim_of(action, raw):
    try:
        return read_success(read_answer(raw).request_id)
    except RequestFailed as error:
        return read_failure(action, error)


@pytest.mark.reference
def test_every_recorded_answer_of_a_write_means_what_the_real_server_did(reference_dir):
    wanted = dict.fromkeys(ALREADY, Outcome.ALREADY_DONE)
    wanted |= dict.fromkeys(CONFLICT, Outcome.CONFLICT) | dict.fromkeys(UNKNOWN, Outcome.UNKNOWN)
    wrong, seen = [], {}
    for name, action, raw in recorded_writes(reference_dir):
        other = Outcome.DONE if raw.status < 300 else Outcome.REFUSED
        claim = claim_of(action, raw)
        seen[name] = action
        if claim.outcome is not wanted.get(name, other):
            wrong.append(f"{name}: {claim}")

    assert wrong == []
    assert set(wanted) <= set(seen)
    assert len(seen) > 480
    # Of API v1 no answers were recorded.
    assert {key for key in WRITES if key not in seen.values()} == {
        "delete_destination_calendar_by_id",
        "edit_attendee_by_id",
        "edit_availability_by_id",
        "edit_booking_by_id",
        "edit_selected_calendar_by_id",
    }


def allowed_by_behaviour(row, raw):
    """What BEHAVIOUR.md 7 and 8 lets an answer mean, by nothing but status and method."""
    success = {Outcome.DONE}
    if raw.status < 300 or raw.status >= 500:
        return success if raw.status < 300 else {Outcome.UNKNOWN}  # 8: never without a re-read
    if raw.status == 404:
        gone = Outcome.ALREADY_DONE if row.method == "DELETE" else Outcome.CONFLICT
        # The route may be unknown, and disconnecting a calendar is a POST that removes.
        return {gone, Outcome.REFUSED} if row.method != "POST" else set(Outcome) - success
    if raw.status == 409:
        return {Outcome.ALREADY_DONE, Outcome.CONFLICT}
    return {Outcome.REFUSED, Outcome.ALREADY_DONE, Outcome.CONFLICT}


@pytest.mark.reference
def test_no_recorded_answer_means_what_its_status_rules_out(reference_dir):
    wrong = [
        (name, claim.outcome)
        for name, action, raw in recorded_writes(reference_dir)
        for claim in [claim_of(action, raw)]
        if claim.outcome not in allowed_by_behaviour(WRITES[action], raw)
    ]

    assert wrong == []


@pytest.mark.reference
@pytest.mark.parametrize("series", ["missing", "unknown_field", "invalid"])
def test_request_that_was_wrong_on_purpose_is_done_or_refused_and_never_done_already(
    reference_dir, series
):
    outcomes = {
        claim_of(action, raw).outcome
        for name, action, raw in recorded_writes(reference_dir)
        if name.endswith(f"__{series}") and raw.status < 500
    }

    assert outcomes <= {Outcome.DONE, Outcome.REFUSED}


@pytest.mark.reference
@pytest.mark.parametrize(("name", "words"), REFUSED_FOR_GOOD.items(), ids=REFUSED_FOR_GOOD)
def test_claim_gives_calcoms_own_reason_for_a_refusal(reference_dir, name, words):
    claims = {n: claim_of(a, raw) for n, a, raw in recorded_writes(reference_dir)}

    assert claims[name].outcome is Outcome.REFUSED
    assert words in claims[name].reason


@pytest.mark.reference
def test_claim_names_the_result_of_the_earlier_equal_call(reference_dir):
    claims = {n: claim_of(a, raw) for n, a, raw in recorded_writes(reference_dir)}

    named = {name: claim.successor for name, claim in claims.items() if claim.successor}

    assert named == {
        "create_oauth_client_user__repeat": "1029",
        "reschedule_booking_by_uid__repeat": "h2wx6oBw9wyEhkAVp3TAzQ",
    }


@pytest.mark.reference
def test_claim_of_a_throttled_or_unsigned_request_says_that_it_was_never_carried_out(reference_dir):
    unsent = {n for n, a, raw in recorded_writes(reference_dir) if claim_of(a, raw).is_unsent}

    assert unsent == {
        "request_email_verification_code__throttled",
        "create_oauth_client_user__bad_secret",
        "create_oauth_client_user__not_found",
        "reserve_slot_for_event__duration_unauthenticated",
    }


def failure(kind, **values):
    return kind(method="POST", path="/v2/bookings/x/cancel", **values)


@pytest.mark.parametrize(
    ("error", "may_repeat"),
    [
        (failure(Unreachable, cal_message="ReadTimeout: no answer in time"), True),
        (failure(MalformedAnswer, status=200, cal_message="the JSON is cut off"), True),
        (failure(NotCalError, status=302, cal_message="a redirect to elsewhere"), True),
        (
            failure(
                NotCalError, status=403, cal_message="text/html that is not in Cal.com's words"
            ),
            True,
        ),
        (failure(ServerError, status=502, cal_message="text/html"), True),
        (
            failure(ServerError, status=500, cal_code="500", cal_message="Internal server error"),
            False,
        ),
        (failure(BadRequestError, status=408, cal_message="Request Timeout"), True),
        (failure(BadRequestError, status=499, cal_message="client closed"), True),
    ],
    ids=["timeout", "cut off", "redirect", "proxy page", "502", "own 500", "408", "499"],
)
def test_answer_that_may_follow_a_change_is_unknown(error, may_repeat):
    claim = read_failure("cancel_booking_via_uid", error)

    assert claim.outcome is Outcome.UNKNOWN
    assert claim.may_repeat is may_repeat
    assert not claim.is_unsent


def test_cancel_that_is_refused_after_it_was_done_is_unknown():
    message = "Booking with uid=abc is not part of a recurring booking."
    error = failure(BadRequestError, status=400, cal_message=message)

    assert read_failure("cancel_booking_via_uid", error).outcome is Outcome.UNKNOWN


def test_proxy_page_that_repeats_calcoms_words_is_no_proof():
    error = failure(NotCalError, status=400, cal_message="it has been cancelled already")

    assert read_failure("cancel_booking_via_uid", error).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(("code", "ends"), [("UnauthorizedException", True), ("TRPCError", False)])
def test_refused_key_ends_the_apply_and_a_refused_object_does_not(code, ends):
    error = failure(AuthError, status=401, cal_code=code, cal_message="no")

    claim = read_failure("confirm_booking_by_uid", error)

    assert (claim.outcome, claim.ends_apply) == (Outcome.REFUSED, ends)


def test_reason_holds_no_address_and_no_page_of_source_code():
    message = "Could not find calendar grace@example.com" + "\n  in a line of source code" * 50
    error = failure(BadRequestError, status=400, cal_message=message)

    reason = read_failure("update_destination_calendar_integration", error).reason

    assert reason.startswith("400: Could not find calendar g***@example.com in a line")
    assert len(reason) < 320


@pytest.mark.parametrize(
    ("claimed", "is_done", "settled"),
    [
        (Outcome.DONE, True, Outcome.DONE),
        (Outcome.DONE, False, Outcome.UNKNOWN),
        (Outcome.DONE, None, Outcome.DONE),
        (Outcome.ALREADY_DONE, True, Outcome.ALREADY_DONE),
        (Outcome.ALREADY_DONE, False, Outcome.CONFLICT),
        (Outcome.CONFLICT, True, Outcome.ALREADY_DONE),
        (Outcome.CONFLICT, False, Outcome.CONFLICT),
        (Outcome.UNKNOWN, True, Outcome.DONE),
        (Outcome.UNKNOWN, False, Outcome.UNKNOWN),
        (Outcome.UNKNOWN, None, Outcome.UNKNOWN),
        (Outcome.REFUSED, True, Outcome.REFUSED),
    ],
)
def test_settle_lets_the_read_decide_over_the_answer(claimed, is_done, settled):
    assert settle(Claim(outcome=claimed), is_done=is_done) is settled
