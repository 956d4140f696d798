"""Faults: wrong answers on request, counted and limited."""

from collections.abc import Callable
from random import Random

import pytest

from cal_source.sandbox import Answer, Fault, Sandbox, faults
from tests.cal_source.sandbox.conftest import BOOKINGS, Ask


def test_fault_changes_the_nth_matching_request_only(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.faults.add(Fault(faults.html(503), path="/v2/me", first=2))

    statuses = [ask("/v2/me").status for _ in range(3)]

    assert statuses == [200, 503, 200]
    assert ask("/v2/teams").status == 200


def test_fault_without_an_end_goes_on_until_it_is_lifted(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.faults.add(Fault(faults.html(), times=None))

    assert [ask("/v2/me").status for _ in range(3)] == [502] * 3
    sandbox.faults.clear()
    assert ask("/v2/me").status == 200


def test_html_is_not_json_and_says_so(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.faults.add(Fault(faults.html(200, "<p>Sign in</p>")))

    answer = ask("/v2/me")

    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body == b"<p>Sign in</p>"


def test_bare_error_has_no_envelope(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.faults.add(Fault(faults.bare_error()))

    answer = ask("/v2/me")

    assert answer.status == 500
    assert answer.json() == {"statusCode": 500, "message": "Internal server error"}


@pytest.mark.parametrize("effect", [faults.malformed_json, faults.truncated])
def test_broken_json_cannot_be_read(
    sandbox: Sandbox, ask: Ask, effect: Callable[[Answer, Random], Answer]
) -> None:
    sandbox.faults.add(Fault(effect))

    with pytest.raises(ValueError, match=r"JSON|truncated"):
        ask("/v2/me").json()


@pytest.mark.parametrize(
    ("has_headers", "names"),
    [
        (
            True,
            {
                "X-RateLimit-Limit-Default",
                "X-RateLimit-Remaining-Default",
                "X-RateLimit-Reset-Default",
            },
        ),
        (False, set()),
    ],
    ids=["with headers", "without headers"],
)
def test_rate_limit_can_be_faked(
    sandbox: Sandbox, ask: Ask, has_headers: bool, names: set[str]
) -> None:
    sandbox.faults.add(Fault(faults.rate_limited(has_headers=has_headers)))

    answer = ask("/v2/me")

    assert answer.status == 429
    assert {name for name in answer.headers if name.startswith("X-RateLimit")} == names


def test_page_can_repeat_a_row_or_lose_its_order(sandbox: Sandbox, ask: Ask) -> None:
    def uids() -> list[str]:
        rows = ask("/v2/bookings", version=BOOKINGS, take=20).json()["data"]
        return [row["uid"] for row in rows]

    expected = uids()
    sandbox.faults.add(Fault(faults.duplicated, first=1))
    repeated = uids()
    sandbox.faults.clear()
    sandbox.faults.add(Fault(faults.shuffled))
    shuffled = uids()

    assert repeated == [expected[0], expected[0], *expected[1:-1]]
    assert shuffled != expected
    assert sorted(shuffled) == sorted(expected)


def test_row_can_be_patched_or_replaced(sandbox: Sandbox, ask: Ask) -> None:
    first = ask("/v2/bookings", version=BOOKINGS, take=1, sortCreated="asc").json()["data"][0]
    uid = first["uid"]
    path = f"/v2/bookings/{uid}"

    sandbox.faults.add(Fault(faults.patched("uid", uid, {"duration": "long", "moon": "full"})))
    patched = ask(path, version=BOOKINGS).json()["data"]
    sandbox.faults.clear()
    sandbox.faults.add(Fault(faults.replaced("uid", uid, ["not", "a", "booking"])))
    replaced = ask(path, version=BOOKINGS).json()["data"]

    assert patched == first | {"duration": "long", "moon": "full"}
    assert replaced == ["not", "a", "booking"]


def test_delays_add_up_and_a_reset_is_marked(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.faults.add(Fault(faults.delayed(1.5)))
    sandbox.faults.add(Fault(faults.delayed(0.5)))
    sandbox.faults.add(Fault(faults.reset))

    answer = ask("/v2/me")

    assert answer.delay_seconds == 2.0
    assert answer.is_reset


def test_faults_without_any_leave_the_answer_alone() -> None:
    answer = faults.Answer(200, {}, b"{}")

    assert faults.Faults().apply("GET", "/v2/me", answer, Random(0)) is answer
