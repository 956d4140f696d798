"""Chains, cancellations, the routing funnel, answers, durations and fairness, in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.report.statistics import wilson_interval
from tests.models.accounts import AS_OF, Account, fill, random_account, recorded_account
from tests.models.bookings import (
    Booking,
    band,
    bookings_of,
    cancelled_by,
    minutes,
    month_of,
)
from transforms import DuckDBEngine, build

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

FINAL = ("held", "no_show", "cancelled")
TENTHS = (1, 5, 9)
Rates = dict[tuple[str, str, str], list[int]]


def chain_counts(bookings: list[Booking]) -> dict[tuple[Any, ...], list[int]]:
    """(month, event type, moves, outcome) → chains, and those whose time has passed."""
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for booking in bookings:
        if booking.uid == booking.place.last:
            moves = booking.place.length - 1
            counts = found[booking.month, booking.event_type, moves, booking.outcome]
            counts[0] += 1
            counts[1] += booking.is_past
    return found


def cancellation_counts(
    account: Account, bookings: list[Booking]
) -> dict[tuple[Any, ...], list[int]]:
    """(month, host, event type, by whom, notice) → cancelled, and those whose time has passed."""
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for booking in bookings:
        if booking.outcome == "cancelled":
            by = cancelled_by(booking, account)
            notice = "unknown" if booking.notice is None else band(booking.notice)
            counts = found[booking.month, booking.host, booking.event_type, by, notice]
            counts[0] += 1
            counts[1] += booking.is_past
    return found


def steps(account: Account, bookings: list[Booking]) -> Iterator[tuple[int, str, bool, bool, bool]]:
    """Yield each submission with its form and how far it came: booked, accepted, held."""
    known = {booking.uid: booking for booking in bookings}
    for submission in account.submissions:
        uid = submission["routedToBookingUid"]
        ways = [known[uid], known[known[uid].place.last]] if uid in known else []
        lost = [
            (way.status if way is ways[0] else way.outcome) in {"cancelled", "rejected"}
            or way.outcome == "rescheduled"
            for way in ways
        ]
        is_held = bool(ways) and ways[-1].outcome == "held"
        yield submission["id"], submission["formId"], uid is not None, not all(lost), is_held


class Answer:
    """When a request was answered, as far as it can be known from outside."""

    def __init__(self, booking: Booking, wait: tuple[Any, Any] | None) -> None:
        self.booking = booking
        seen = moment_after = None
        if wait is not None:
            seen, moment_after = wait
        updated = booking.updated
        self.is_exact = bool(seen and updated and seen < updated <= moment_after)
        self.at = updated if self.is_exact or seen is None else moment_after
        if booking.status == "pending":
            self.what, self.at = "none", None
        elif seen and booking.status == "cancelled":
            self.what = "withdrawn"
        else:
            self.what = booking.status
        self.waited = minutes(booking.created, seen) if seen else 0.0

    @property
    def minutes(self) -> float | None:
        return minutes(self.booking.created, self.at) if self.at else None

    @property
    def known_how(self) -> str:
        if self.what in {"none", "withdrawn"} or self.at is None:
            return "not at all"
        return "exactly" if self.is_exact else "at the latest"

    @property
    def in_time(self) -> str:
        if self.what == "withdrawn":
            return "withdrawn"
        if self.what == "none":
            is_late = self.booking.is_past or minutes(self.booking.created, AS_OF) > 1440
            return "no" if is_late else "open"
        if self.minutes is not None and self.minutes <= 1440:
            return "yes"
        return "no" if self.is_exact or self.waited > 1440 else "unknown"


def answers(account: Account, bookings: list[Booking]) -> Iterator[Answer]:
    for booking in bookings:
        wait = account.waits.get(booking.uid)
        may_have_waited = booking.status in {"pending", "rejected"} or (
            booking.status == "accepted" and booking.kind and booking.kind.is_confirmed
        )
        if wait is not None or may_have_waited:
            yield Answer(booking, wait)


def rates(account: Account, bookings: list[Booking]) -> Rates:
    """(metric, dimension, value) → numerator and denominator over all time."""
    found: Rates = defaultdict(lambda: [0, 0])

    def add(metric: str, dimension: str, value: object, numerator: bool) -> None:
        counts = found[metric, dimension, str(value)]
        counts[0] += numerator
        counts[1] += 1

    for _, form, is_booked, is_accepted, is_held in steps(account, bookings):
        for dimension, value in (("all", "all"), ("routing form", form)):
            add("routing booked", dimension, value, is_booked)
            add("routing accepted", dimension, value, is_accepted)
            add("routing held", dimension, value, is_held)
    for booking in bookings:
        if booking.uid == booking.place.last and booking.is_past and booking.outcome in FINAL:
            moves = booking.place.length - 1
            is_held = booking.outcome == "held"
            add("held in the end", "all", "all", is_held)
            add("held in the end", "moves", "4 or more" if moves >= 4 else moves, is_held)
    for answer in answers(account, bookings):
        if answer.in_time not in {"yes", "no", "unknown"}:
            continue
        for dimension, value in (
            ("all", "all"),
            ("host", answer.booking.host),
            ("event type", answer.booking.event_type),
        ):
            add("answered in time, at least", dimension, value, answer.in_time == "yes")
            add("answered in time, at most", dimension, value, answer.in_time != "no")
    return {**found, **shares_of_cancellations(account, bookings)}


def shares_of_cancellations(account: Account, bookings: list[Booking]) -> Rates:
    due = [b for b in bookings if b.outcome == "cancelled" and b.is_past]
    by = Counter(cancelled_by(booking, account) for booking in due)
    notice = Counter("unknown" if b.notice is None else band(b.notice) for b in due)
    return {
        ("share of cancellations", dimension, value): [count, len(due)]
        for dimension, counts in (("cancelled by", by), ("notice", notice))
        for value, count in counts.items()
    }


def durations(
    account: Account, bookings: list[Booking]
) -> Iterator[tuple[str, date, int, int, float]]:
    """Yield measure, month, host, event type and minutes."""
    for b in bookings:
        place = (b.month, b.host, b.event_type)
        if b.is_first:
            yield "lead time", *place, minutes(b.created, b.start)
        if b.is_ended:
            yield "length", *place, minutes(b.start, b.end)
        if b.notice is not None:
            yield "notice", *place, b.notice
    for answer in answers(account, bookings):
        if answer.known_how == "exactly" and answer.minutes is not None:
            b = answer.booking
            month = month_of(b.created.astimezone(UTC).date())
            yield "time to confirm", month, b.host, b.event_type, answer.minutes


def quantiles(values: Iterable[float]) -> list[float]:
    """Tenths of whole minutes, by exact fractions."""
    whole = sorted(floor(abs(v) + 0.5) * (1 if v >= 0 else -1) for v in values)
    found = []
    for tenth in TENTHS:
        place = Fraction(tenth * (len(whole) - 1), 10)
        low = whole[floor(place)]
        high = whole[min(floor(place) + 1, len(whole) - 1)]
        found.append(float(low + (high - low) * (place - floor(place))))
    return found


def grouped_durations(
    account: Account, bookings: list[Booking]
) -> dict[tuple[Any, ...], list[float]]:
    found = defaultdict(list)
    for measure, month, host, event_type, value in durations(account, bookings):
        found[month, measure, "all", "all"].append(value)
        found[month, measure, "host", str(host)].append(value)
        found[month, measure, "event type", str(event_type)].append(value)
    return found


def gini(loads: list[float]) -> float | None:
    """By the area between the Lorenz curve and the diagonal."""
    total = sum(loads)
    if not total:
        return None
    curve = [0.0]
    for load in sorted(loads):
        curve.append(curve[-1] + load / total)
    return 1 - sum(a + b for a, b in pairwise(curve)) / len(loads)


def given(account: Account, bookings: list[Booking]) -> dict[tuple[str, int], dict[int, list[int]]]:
    """(period, round-robin event type) → host → meetings, and those that anybody came to."""
    last = month_of(AS_OF.date()) - timedelta(days=1)
    first = month_of(month_of(last - timedelta(days=31)) - timedelta(days=1))
    found = {
        (period, number): {host: [0, 0] for host in kind.weights}
        for number, kind in account.event_types.items()
        for period in ("all time", "last 3 months")
        if kind.weights
    }
    for booking in bookings:
        for period in ("all time", "last 3 months"):
            counts = found.get((period, booking.event_type), {}).get(booking.host)
            is_within = period == "all time" or first <= booking.local.date() <= last
            if counts is not None and booking.is_ended and is_within:
                counts[0] += 1
                counts[1] += not (booking.marks and all(booking.marks))
    return found


def assert_journeys(connection: duckdb.DuckDBPyConnection, account: Account) -> None:
    bookings = bookings_of(account)

    def read(columns: str, table: str, key: int) -> dict[tuple[Any, ...], list[Any]]:
        rows = connection.execute(f"select {columns} from marts.{table}").fetchall()
        return {row[:key]: list(row[key:]) for row in rows}

    assert read("booking_uid, chain_uid, chain_position, chain_length", "fct_bookings", 1) == {
        (b.uid,): list(b.place[:3]) for b in bookings
    }
    assert read(
        "start_month_date, event_type_id, move_count, outcome, chain_count, due_chain_count",
        "agg_reschedule_chains",
        4,
    ) == chain_counts(bookings)
    assert read(
        "start_month_date, host_id, event_type_id, cancelled_by, notice_band, cancelled_count, "
        "due_cancelled_count",
        "agg_cancellations",
        5,
    ) == cancellation_counts(account, bookings)
    assert read(
        "response_id, routing_form_id, is_booked, is_accepted, is_held",
        "fct_routing_form_responses",
        1,
    ) == {(number,): rest for number, *rest in steps(account, bookings)}
    assert read("booking_uid, answer, known_how, in_time", "fct_confirmations", 1) == {
        (a.booking.uid,): [a.what, a.known_how, a.in_time] for a in answers(account, bookings)
    }
    expected = rates(account, bookings)
    assert (
        read(
            "metric, dimension, dimension_value, numerator, denominator",
            "agg_rates where period = 'all time' and (metric like 'routing%' or metric like "
            "'answered%' or metric in ('held in the end', 'share of cancellations'))",
            3,
        )
        == expected
    )
    assert_durations(connection, grouped_durations(account, bookings))
    assert_fairness(connection, account, given(account, bookings))


def assert_durations(
    connection: duckdb.DuckDBPyConnection, expected: dict[tuple[Any, ...], list[float]]
) -> None:
    rows = connection.execute(
        "select month_start_date, measure, dimension, dimension_value, value_count, mean_minutes, "
        "p10_minutes, p50_minutes, p90_minutes from marts.agg_durations"
    ).fetchall()
    assert {row[:4] for row in rows} == expected.keys()
    for row in rows:
        values = expected[row[:4]]
        assert row[4] == len(values)
        assert row[5] == pytest.approx(sum(values) / len(values), rel=1e-9, abs=1e-6)
        assert list(row[6:]) == quantiles(values)


def assert_fairness(
    connection: duckdb.DuckDBPyConnection,
    account: Account,
    expected: dict[tuple[str, int], dict[int, list[int]]],
) -> None:
    rows = connection.execute(
        "select period, event_type_id, host_id, booking_count, attended_count, share_rate, "
        "weight_share, verdict from marts.agg_round_robin_hosts"
    ).fetchall()
    assert {row[:3] for row in rows} == {
        (*k, host) for k, hosts in expected.items() for host in hosts
    }
    for period, number, host, *found in rows:
        hosts, weights = expected[period, number], account.event_types[number].weights
        total = sum(counts[0] for counts in hosts.values())
        promised = weights[host] / sum(weights.values())
        low, high = wilson_interval(hosts[host][0], total) if total else (0.0, 1.0)
        assert found[:2] == hosts[host]
        assert found[2] == (pytest.approx(hosts[host][0] / total) if total else None)
        assert found[3] == pytest.approx(promised)
        assert found[4] == (
            "not enough data"
            if total < 20
            else "more than weighted"
            if promised < low
            else "fewer than weighted"
            if promised > high
            else "as weighted"
        )
    numbers = connection.execute(
        "select period, event_type_id, gini, attended_gini from marts.agg_round_robin_fairness"
    ).fetchall()
    assert {row[:2] for row in numbers} == expected.keys()
    for period, number, *found in numbers:
        hosts, weights = expected[period, number], account.event_types[number].weights
        for place, value in enumerate(found):
            loads = [counts[place] / weights[host] for host, counts in hosts.items()]
            assert value == (None if gini(loads) is None else pytest.approx(gini(loads), abs=1e-4))


@pytest.mark.parametrize("seed", [1, 2])
def test_journeys_agree_with_plain_python(project, warehouse, seed):
    account = random_account(seed)
    fill(warehouse, account)

    assert build(project, DuckDBEngine(warehouse), as_of=AS_OF).ok

    assert_journeys(warehouse, account)
    seen = warehouse.execute(
        "select list(distinct in_time), list(distinct known_how), list(distinct answer) "
        "from marts.fct_confirmations"
    ).fetchone()
    assert [len(values) for values in seen] == [5, 3, 4]
    verdicts = "select count(distinct verdict) from marts.agg_round_robin_hosts"
    assert warehouse.execute(verdicts).fetchone()[0] > 1


@pytest.mark.reference
def test_journeys_agree_on_the_recorded_world(recorded_models, reference_dir):
    assert_journeys(recorded_models, recorded_account(reference_dir))
