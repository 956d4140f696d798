"""A slice of the fault matrix; `make soak` takes it whole."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from tests.account import new_sandbox, sync_now
from tests.histories import Histories, book_directly, edit_attendee
from tests.oracle import differences
from tests.reliability.fault_matrix import (
    FAULTS,
    FIRST_REQUEST,
    NOT_RETRIED_AT_FIRST,
    TWICE,
    Matrix,
)

PASSING = [
    "timeout",
    "connection reset",
    "slow drip",
    "429 without headers",
    "500 in Cal.com's words",
    "502 web page",
    "truncated body",
    "200 web page",
    TWICE,
]
LASTING = ["timeout", "503 web page", "broken JSON", "data of another type", "401"]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    return Matrix(tmp_path_factory.mktemp("matrix"))


def test_matrix_covers_every_way_to_read_bookings(matrix):
    asked = {kind for kind in matrix.kinds if kind.startswith("list_organization_bookings")}

    assert {"retrieve_my_information", "list_event_types"} <= set(matrix.kinds)
    assert len(asked) >= 3, asked
    assert set(PASSING + LASTING) <= FAULTS.keys()


@pytest.mark.parametrize("fault", PASSING)
def test_sync_ends_right_when_every_kind_of_request_fails_once(matrix, fault):
    kinds = set(matrix.kinds)
    if fault in NOT_RETRIED_AT_FIRST:
        kinds.remove(FIRST_REQUEST)

    verdict = matrix.once(fault, kinds)

    assert (verdict.outcome, verdict.problems) == ("proved", ())


@pytest.mark.parametrize("fault", LASTING)
def test_sync_says_what_it_lacks_when_requests_fail_for_good(matrix, fault):
    group = matrix.groups()[LASTING.index(fault)]

    verdict = matrix.for_good(fault, group)

    assert verdict.problems == ()
    assert verdict.outcome != "proved", "the fault was not noticed"


def test_sync_goes_on_with_the_other_tables_when_one_operation_never_answers(matrix):
    verdict = matrix.for_good("timeout", ["retrieve_webhooks_list"])

    assert (verdict.outcome, verdict.problems) == ("incomplete", ())
    assert "GET /v2/webhooks got no answer" in verdict.says


def test_sync_ends_with_a_clear_error_when_the_key_is_refused_in_the_middle(matrix):
    verdict = matrix.for_good("401", ["retrieve_webhooks_list"])

    assert (verdict.outcome, verdict.problems) == ("AuthError", ())
    assert "Give a valid, unexpired key" in verdict.says


def test_sync_ends_soon_when_cal_goes_away_in_the_middle(matrix):
    verdict = matrix.for_good("timeout", [k for k in matrix.kinds if k != FIRST_REQUEST])

    assert verdict.problems == ()
    assert verdict.outcome == "Unreachable"


@pytest.mark.parametrize(
    ("hours", "options"),
    [
        pytest.param(1, {"reread_requests": 2, "page_size": 20}, id="ahead"),
        pytest.param(-1, {}, id="back"),  # an account that is read whole: no stamp is needed
    ],
)
def test_sync_misses_nothing_after_the_servers_clock_has_jumped(warehouse, hours, options):
    """What is stamped while the clock is wrong must not move the cursor past what comes after."""
    sandbox = new_sandbox(bookings=70, seed=6)
    changes = Histories(sandbox, Random(6), {"book": book_directly, "edit": edit_attendee})
    sync_now(warehouse, sandbox, **options)

    sandbox.clock.advance(timedelta(hours=hours))
    changes.change()
    sync_now(warehouse, sandbox, client_skew=timedelta(hours=-hours), **options)
    sandbox.clock.advance(timedelta(hours=-hours, minutes=1))
    changes.change()
    sync_now(warehouse, sandbox, **options)

    assert differences(warehouse, sandbox) == []
