"""The catalogue's own rules, and how paths are filled."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cal_source.catalogue import (
    OPERATIONS,
    Auth,
    Evidence,
    Kind,
    Operation,
    Paging,
    Risk,
    operation,
)
from cal_source.errors import CalError, PathParameterError, UnknownOperationError
from cal_source.tables import TABLES

ROWS = [pytest.param(row, id=key) for key, row in OPERATIONS.items()]
KNOWN_VERSIONS = {None, "2024-06-11", "2024-06-14", "2024-08-13", "2024-09-04"}
PAGED = {Paging.OFFSET, Paging.LIMIT, Paging.BOOKINGS}


@pytest.mark.parametrize("row", ROWS)
def test_row_is_complete(row):
    assert row.summary
    assert not row.summary.endswith(".")
    assert row.version in KNOWN_VERSIONS
    assert row.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert bool(row.table) == bool(row.primary_key)
    assert (row.page_size is not None) == (row.paging in PAGED)
    assert bool(row.v2_way) == row.is_v1


@pytest.mark.parametrize("row", [row for row in ROWS if row.values[0].kind is Kind.READ])
def test_read_says_what_it_feeds_and_has_no_effect(row):
    assert row.method == "GET"
    assert row.table
    assert row.primary_key
    assert row.risk is Risk.NONE
    assert row.idempotent
    assert not row.irreversible
    assert row.undo is None


@pytest.mark.parametrize("row", [row for row in ROWS if row.values[0].kind is Kind.WRITE])
def test_write_says_what_it_risks_and_how_its_effect_is_seen(row):
    told_apart = row.read_back or row.already_done or row.risk is Risk.COSTS

    assert row.method != "GET"
    assert row.risk is not Risk.NONE
    assert told_apart
    assert row.paging is Paging.ONE
    assert not row.authoritative


@pytest.mark.parametrize("row", ROWS)
def test_row_refers_to_rows_that_fit(row):
    if row.read_back is not None:
        assert operation(row.read_back).kind is Kind.READ
    if row.undo is not None:
        assert operation(row.undo).kind is Kind.WRITE


def test_every_action_of_api_v1_names_a_v2_way_that_exists():
    for row in OPERATIONS.values():
        for key in re.findall(r"\b[a-z]+(?:_[a-z]+){2,}\b", row.v2_way):
            assert operation(key).path.startswith("/v2/"), row.key


def test_rows_of_one_table_agree_on_its_key():
    keys = {}
    for row in OPERATIONS.values():
        if row.table:
            keys.setdefault(row.table, set()).add(row.primary_key)

    assert {table: found for table, found in keys.items() if len(found) > 1} == {}


def test_keys_are_those_of_the_declared_tables():
    """Apart from `ordinal`, with which the warehouse tells equal elements of a list apart."""
    for row in OPERATIONS.values():
        if row.table in TABLES:
            declared = set(TABLES[row.table].key) - {"ordinal"}
            assert set(row.primary_key) - {"ordinal"} == declared, row.key


def test_no_two_authoritative_reads_are_the_same_call():
    calls = [(row.method, row.path) for row in OPERATIONS.values() if row.authoritative]

    assert len(calls) == len(set(calls))


def test_every_table_has_an_authoritative_read_or_comes_from_another_answer():
    from_calendars = {"selected_calendars", "destination_calendars"}
    nested = {"booking_attendees", "booking_attendee_ids", "role_permissions"}
    read = {row.table for row in OPERATIONS.values() if row.kind is Kind.READ}
    authoritative = {row.table for row in OPERATIONS.values() if row.authoritative}

    assert read - authoritative == from_calendars | nested


def test_platform_rows_need_platform_credentials():
    for row in OPERATIONS.values():
        assert (row.auth is Auth.PLATFORM) <= (row.scope == "platform"), row.key


def test_operation_suggests_keys_for_a_misspelt_one():
    with pytest.raises(UnknownOperationError) as caught:
        operation("fetch_all_booking")

    assert caught.value.key == "fetch_all_booking"
    assert caught.value.suggestions[0] == "fetch_all_bookings"
    assert "Did you mean fetch_all_bookings" in str(caught.value)
    assert "cal-warehouse actions" in str(caught.value)


def test_operation_without_a_lookalike_points_to_the_list():
    with pytest.raises(UnknownOperationError, match=r"in the catalogue\. `cal-warehouse actions`"):
        operation("zzzz")


def test_url_path_fills_and_quotes_parameters():
    row = operation("get_team_bookings")

    assert (
        row.url_path(orgId=101, teamId="a/b c") == "/v2/organizations/101/teams/a%2Fb%20c/bookings"
    )


@pytest.mark.parametrize("value", [".", "..", "..."])
def test_url_path_never_climbs(value):
    path = operation("retrieve_booking_details_by_uid").url_path(bookingUid=value)

    assert path == "/v2/bookings/" + "%2E" * len(value)


@given(st.text(min_size=1))
def test_url_path_keeps_every_value_in_one_segment(value):
    path = operation("retrieve_booking_details_by_uid").url_path(bookingUid=value)

    assert path.startswith("/v2/bookings/")
    assert path.count("/") == 3
    assert not set(path) & set("?# \\")


@pytest.mark.parametrize(
    ("values", "missing", "unexpected"),
    [
        pytest.param({"orgId": 1}, ("teamId",), (), id="missing"),
        pytest.param({"orgId": 1, "teamId": ""}, ("teamId",), (), id="empty"),
        pytest.param({"orgId": 1, "teamId": None}, ("teamId",), (), id="none"),
        pytest.param({"orgId": 1, "teamId": 2, "id": 3}, (), ("id",), id="unexpected"),
        pytest.param({"orgId": 1, "team": 2}, ("teamId",), ("team",), id="misspelt"),
    ],
)
def test_url_path_names_the_parameters_at_fault(values, missing, unexpected):
    with pytest.raises(PathParameterError) as caught:
        operation("get_team_bookings").url_path(**values)

    assert caught.value.missing == missing
    assert caught.value.unexpected == unexpected
    assert isinstance(caught.value, CalError)
    for name in missing + unexpected:
        assert name in str(caught.value)


def test_v1_rows_are_recognised_by_their_path():
    row = Operation(key="k", summary="s", kind=Kind.READ, method="GET", path="/v1/things")

    assert row.is_v1
    assert row.evidence is Evidence.RECORDED
    assert not operation("fetch_all_bookings").is_v1
