"""The models against bodies that a real server took or refused."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest

from cal_source.call_errors import RequestBodyError
from cal_source.catalogue import OPERATIONS, Kind
from cal_source.requests import REQUEST_MODELS, validate_body

pytestmark = pytest.mark.reference

DROPS_NAME = "holds `name`, which Cal.com drops silently: it reads back as null"
TAKEN_BY_CALCOM_AND_NOT_BY_US = {"w_org_user_create": DROPS_NAME, "w_org_user_update": DROPS_NAME}

CHANGES_NOTHING = "all fields are optional; an empty body changes nothing and answers 200"
FAULT_IS_IN_THE_PATH = "the fault lies in the path, the body is good"
TAKEN_BY_BOTH = {
    "decline_booking_with_reason__missing": "the reason is optional",
    "mark_booking_absent_for_uid__missing": CHANGES_NOTHING,
    "reassign_booking_to_another_user__invalid": FAULT_IS_IN_THE_PATH,
    "reassign_booking_to_another_user__missing": "the reason is optional",
    "edit_event_type_by_id__missing": CHANGES_NOTHING,
    "modify_organization_membership_by_id__missing": CHANGES_NOTHING,
    "patch_organization_user_details__missing": CHANGES_NOTHING,
    "patch_webhook_event_type__missing": CHANGES_NOTHING,
    "update_oauth_client_user_settings__missing": CHANGES_NOTHING,
    "update_private_link__empty": CHANGES_NOTHING,
    "update_schedule_by_id__missing": CHANGES_NOTHING,
    "update_team_event_type__missing": CHANGES_NOTHING,
    "update_team_event_type_webhook__missing": CHANGES_NOTHING,
    "update_team_membership__missing": CHANGES_NOTHING,
    "update_team_membership_properties__missing": CHANGES_NOTHING,
    "update_user_profile_details__missing": CHANGES_NOTHING,
    "update_webhook_by_id__missing": CHANGES_NOTHING,
}
"""Recordings named for a fault whose body is nevertheless good, with the reason."""


@cache
def recorded(folder):
    """(name, write key, body, answer) of every recorded write that carries a body."""
    files = [*folder.glob("recorded-actions/*.json"), *folder.glob("recorded/w_*.json")]
    found = []
    for file in sorted(files):
        call = json.loads(file.read_text("utf-8"))
        request = call.get("request") if isinstance(call, dict) else None
        if request and request.get("body") is not None:
            key = write_at(request["method"], request["path"])
            if key is not None:
                found.append((file.stem, key, request["body"], call))
    return found


def write_at(method, path):
    fits = [
        row
        for row in OPERATIONS.values()
        if row.kind is Kind.WRITE
        and row.method == method
        and re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", row.path), path.removeprefix("/api"))
    ]
    return min(fits, key=lambda row: row.path.count("{")).key if fits else None


def names_a_fault(name):
    return re.search(r"__(invalid(_url|_date)?|missing|unknown_field|empty)$", name) is not None


def is_taken(key, body):
    try:
        validate_body(key, body)
    except RequestBodyError:
        return False
    return True


def test_good_recorded_bodies_are_taken(reference_dir):
    good = [
        (name, key, body)
        for name, key, body, call in recorded(reference_dir)
        if call["status"] < 300 and not names_a_fault(name)
    ]

    refused = {name for name, key, body in good if not is_taken(key, body)}

    assert refused == set(TAKEN_BY_CALCOM_AND_NOT_BY_US)
    assert len(good) > 130


def test_bodies_that_broke_a_rule_of_the_server_are_refused(reference_dir):
    broken = [
        (name, key, body)
        for name, key, body, call in recorded(reference_dir)
        if call["status"] == 400 and "property" in json.dumps(call["body"])
    ]

    taken = {name for name, key, body in broken if is_taken(key, body)}

    assert taken == {"create_a_new_booking__no_version"}  # the older version wants other fields
    assert len(broken) > 50


def test_recordings_named_for_a_faulty_body_are_refused(reference_dir):
    faulty = [
        (name, key, body) for name, key, body, _ in recorded(reference_dir) if names_a_fault(name)
    ]

    taken = {name for name, key, body in faulty if is_taken(key, body)}

    assert taken == set(TAKEN_BY_BOTH)
    assert len(faulty) > 90


def test_bodies_refused_for_their_state_are_taken(reference_dir):
    """Unknown ids, repeats, rights: nothing that a check of the body could know."""
    known_by_us = {
        "request_email_verification_code__throttled",  # has an unknown field too
        "patch_team_details_by_id__invalid_id",  # lacks the name as well
        "update_team_information_by_id__invalid_id",  # lacks the name as well
        "update_team_event_type__scheduling_type",  # a rule across fields that ours know
    }

    refused = {
        name
        for name, key, body, call in recorded(reference_dir)
        if call["status"] >= 400
        and "property" not in json.dumps(call["body"])
        and not names_a_fault(name)
        and not is_taken(key, body)
    }

    assert refused == known_by_us


def test_every_write_with_a_body_has_a_model(reference_dir):
    actions = json.loads((reference_dir / "actions.json").read_text("utf-8"))
    with_body = {
        row["key"]
        for row in actions
        if row["kind"] == "write" and row["body"] != "none" and "query:" not in row["body"]
    }

    assert {key for key, model in REQUEST_MODELS.items() if model is not None} == with_body
