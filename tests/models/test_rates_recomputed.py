"""Every rate and every number of Insights again, in plain Python over the API's records."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.report.statistics import wilson_interval
from tests.models.accounts import AS_OF, Account, fill, random_account, recorded_account
from tests.models.bookings import Booking, band, bookings_of, cancelled_by, minutes, month_of
from transforms import DuckDBEngine, build

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb


def histories(bookings: list[Booking]) -> Iterator[tuple[str, str, bool]]:
    """Uid, attendee history, and whether somebody had booked before, of each booking."""
    single = [b for b in bookings if len(b.bookers) == 1]
    for booking in bookings:
        if len(booking.bookers) != 1:
            yield booking.uid, "several bookers" if booking.bookers else "no booker", False
    key = {b.uid: min(b.bookers) for b in single}
    for _, group in groupby(sorted(single, key=lambda b: key[b.uid]), lambda b: key[b.uid]):
        own = list(group)
        for booking in own:
            place = (booking.start, booking.uid)
            met = [b for b in own if b.is_ended and (b.start, b.uid) < place]
            missed = any(b.is_booker_absent for b in met)
            name = "missed before" if missed else "always came" if met else "first meeting"
            made = (booking.created, booking.uid)
            again = any(b.is_first and (b.created, b.uid) < made for b in own)
            yield booking.uid, name, again


def shares(booking: Booking, account: Account, *, is_covered: bool, again: bool) -> dict[str, Any]:
    """Metric → what the booking adds to numerator and denominator."""
    guest, host = any(booking.marks), booking.is_host_absent
    cancelled = booking.outcome == "cancelled" and booking.is_past
    due, by = booking.is_ended or cancelled, cancelled_by(booking, account)
    late = cancelled and booking.notice is not None and booking.notice < 1440
    decided = booking.is_past and booking.outcome != "rescheduled"
    found: dict[str, tuple[int, int]] = {
        "cancellation": (cancelled, due),
        "late cancellation": (late, due),
        "cancellation by attendee": (cancelled and by == "attendee", due),
        "cancellation by host": (cancelled and by in {"host", "colleague"}, due),
        "rejection": (booking.is_past and booking.outcome == "rejected", decided),
        "unanswered": (booking.outcome == "pending_expired", decided),
        "reschedule": (booking.is_first and booking.has_successor, booking.is_first),
    }
    known = booking.is_first and len(booking.bookers) == 1
    found["repeat booking"] = (known and again, known)
    if booking.is_ended:
        found["attendee no-show"] = (sum(booking.marks), len(booking.marks))
        found["booking no-show"] = (guest, 1)
        found["full no-show"] = (bool(booking.marks) and all(booking.marks), 1)
        found["host no-show"] = (host, 1)
        found["any no-show"] = (guest or host, 1)
        found["no-show where marked"] = (guest or host, is_covered)
        found["marking coverage"] = (is_covered, 1)
        found["rating response"] = (booking.rating is not None, 1)
        if booking.rating is not None:
            found["rating over 3"] = (booking.rating > 3, 1)
            found["rating 3 or more"] = (booking.rating >= 3, 1)
        if booking.kind and booking.kind.seats:
            taken = min(len(booking.marks), booking.kind.seats)
            found["seat fill"] = (taken, booking.kind.seats)
    return found


def parts(
    account: Account, bookings: list[Booking]
) -> Iterator[tuple[Booking, str, dict[str, tuple[int, int]]]]:
    """Each booking with its booker's history and what it adds to each metric."""
    history = {uid: (name, again) for uid, name, again in histories(bookings)}
    marking = {
        (b.host, b.month) for b in bookings if b.is_ended and (any(b.marks) or b.is_host_absent)
    }
    for booking in bookings:
        name, again = history[booking.uid]
        covered = (booking.host, booking.month) in marking
        yield booking, name, shares(booking, account, is_covered=covered, again=again)


def rates(account: Account, bookings: list[Booking]) -> dict[tuple[str, str, str], list[int]]:
    """(metric, dimension, value) → numerator and denominator over all time."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for booking, name, added in parts(account, bookings):
        team = booking.kind.team if booking.kind and booking.kind.team else "personal"
        places = {
            "all": "all",
            "host": str(booking.host),
            "event type": str(booking.event_type),
            "team": team,
            "hour": str(booking.local.hour),
            "weekday": str(booking.local.isoweekday()),
            "lead time": band(minutes(booking.created, booking.start)),
            "attendee history": name,
        }
        for metric, (numerator, denominator) in added.items():
            for dimension, value in places.items():
                if metric == "seat fill" and dimension not in {"all", "host", "event type", "team"}:
                    continue
                counts = found[metric, dimension, value]
                counts[0] += int(numerator)
                counts[1] += int(denominator)
    return {key: counts for key, counts in found.items() if counts[1]}


def month_on_month(account: Account, bookings: list[Booking]) -> dict[tuple[str, date], list[int]]:
    """(metric, month) → counts of its days that are compared, and of as many days before it."""
    found: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    added = list(parts(account, bookings))
    for month in {b.month for b in bookings if b.local.date() <= AS_OF.date()}:
        following = month_of(month + timedelta(days=31))
        before = month_of(month - timedelta(days=1))
        days = min((min(following, AS_OF.date()) - month).days, (month - before).days)
        for place, first in ((0, month), (2, before)):
            for booking, _, metrics in added:
                if 0 <= (booking.local.date() - first).days < days:
                    for metric, (numerator, denominator) in metrics.items():
                        found[metric, month][place] += int(numerator)
                        found[metric, month][place + 1] += int(denominator)
    return {key: counts for key, counts in found.items() if counts[1] and key[0] != "seat fill"}


def newcombe(counts: list[int]) -> tuple[float, float]:
    """The 95 % interval of a difference of two shares."""
    now, before = counts[0] / counts[1], counts[2] / counts[3]
    low, high = wilson_interval(*counts[:2])
    low_before, high_before = wilson_interval(*counts[2:])
    return (
        now - before - sqrt((now - low) ** 2 + (high_before - before) ** 2),
        now - before + sqrt((high - now) ** 2 + (before - low_before) ** 2),
    )


def insights(account: Account, bookings: list[Booking]) -> dict[str, tuple[float, float]]:
    """Metric → Insights' value and ours, over all time."""
    scope = [b for b in bookings if b.is_in_scope]
    theirs, ours = Counter(b.insights for b in scope), Counter(b.outcome for b in bookings)
    ended = [b for b in bookings if b.is_ended]
    rated = [b.rating for b in scope if b.rating is not None]
    our_rated = [b.rating for b in ended if b.rating is not None]
    lengths = [b.kind.minutes for b in scope if b.kind]
    known = {b.uid: b for b in bookings}
    routed = [s["routedToBookingUid"] for s in account.submissions]
    named = [known[uid] for uid in routed if uid in known]
    lost = {"rescheduled", "cancelled", "rejected"}

    def mean(values: list[Any]) -> float:
        return sum(values) / len(values)

    return {
        "created": (len(scope), len(bookings)),
        "completed": (theirs["completed"], ours["held"]),
        "uncompleted": (
            theirs["uncompleted"],
            ours["upcoming"] + ours["in_progress"] + ours["pending"],
        ),
        "rescheduled": (theirs["rescheduled"], ours["rescheduled"]),
        "cancelled": (theirs["cancelled"], ours["cancelled"]),
        "neither cancelled nor rescheduled": (
            len(scope) - theirs["cancelled"] - theirs["rescheduled"],
            ours["held"],
        ),
        "completed accepted": (sum(b.is_ended for b in scope), len(ended)),
        "host no-show": (
            sum(b.record["absentHost"] for b in scope),
            sum(b.is_host_absent for b in ended),
        ),
        "guest no-show": (
            sum(sum(b.all_marks) for b in scope),
            sum(sum(b.marks) for b in ended),
        ),
        "full no-show": (
            sum(b.status == "accepted" and bool(b.all_marks) and all(b.all_marks) for b in scope),
            sum(bool(b.marks) and all(b.marks) for b in ended),
        ),
        "rating average": (int(mean(rated) * 10 + 0.5) / 10, mean(our_rated)),
        "rating over 3": (
            100 * mean([r > 3 for r in rated]),
            100 * mean([r > 3 for r in our_rated]),
        ),
        "rating 3 or more": (
            100 * mean([r >= 3 for r in rated]),
            100 * mean([r >= 3 for r in our_rated]),
        ),
        "average duration": (mean(lengths), mean([minutes(b.start, b.end) for b in ended])),
        "routing submitted": (len(routed), len(routed)),
        "routing booked": (len(routed) - routed.count(None), len(routed) - routed.count(None)),
        "routing accepted": (
            sum(b.status not in {"cancelled", "rejected"} for b in named),
            sum(
                b.status not in {"cancelled", "rejected"} or known[b.place.last].outcome not in lost
                for b in named
            ),
        ),
    }


# What a booking adds to a metric there and here, and the column that says why the two differ.
DIFFERENCES = {
    "is_in_scope and is_host_no_show": ("is_our_host_no_show", "no_show_reason"),
    "case when is_in_scope then insights_absent_count else 0 end": (
        "our_absent_count",
        "no_show_reason",
    ),
    "is_in_scope and is_insights_full_no_show": ("is_our_full_no_show", "no_show_reason"),
    "case when is_in_scope then rating end": (
        "case when is_past_accepted then rating end",
        "rating_reason",
    ),
    "case when is_in_scope then event_type_minutes end": (
        "case when is_past_accepted then duration_minutes end",
        "duration_reason",
    ),
}


def assert_every_difference_has_a_reason(connection: duckdb.DuckDBPyConnection) -> None:
    for theirs, (ours, reason) in DIFFERENCES.items():
        unexplained = (
            f"select booking_uid from marts.fct_insights_bookings "
            f"where ({theirs}) is distinct from ({ours}) and {reason} = 'same'"
        )
        assert connection.execute(unexplained).fetchall() == [], theirs
    for query in (
        "fct_insights_bookings where rating_reason <> 'same' and is_in_scope = is_past_accepted",
        (
            "fct_insights_bookings where duration_reason <> 'same' and is_in_scope "
            "and is_past_accepted and event_type_minutes = duration_minutes"
        ),
        (
            "fct_routing_form_responses where is_accepted <> is_insights_accepted "
            "and accepted_reason = 'same'"
        ),
    ):
        assert connection.execute(f"select 1 from marts.{query}").fetchall() == [], query


def assert_agrees(connection: duckdb.DuckDBPyConnection, account: Account) -> None:
    bookings = bookings_of(account)
    rows = connection.execute(
        "select metric, dimension, dimension_value, numerator, denominator, rate, rate_low, "
        "rate_high, shrunk_rate, evidence = 'enough', sample_count from marts.agg_rates "
        "where period = 'all time' and dimension not in ('cancelled by', 'notice', 'moves') "
        "and metric not like 'routing%' and metric not like 'answered%' "
        "and metric <> 'held in the end'"
    ).fetchall()
    expected = rates(account, bookings)

    assert {row[:3]: list(row[3:5]) for row in rows} == expected
    for metric, _, _, numerator, denominator, *found in rows:
        counts = expected[metric, "all", "all"]
        overall = counts[0] / counts[1]
        shrunk = (numerator + 20 * overall) / (denominator + 20)
        low, high = wilson_interval(numerator, denominator)
        assert found[:4] == pytest.approx([numerator / denominator, low, high, shrunk])
        assert found[4] == (found[5] >= 20)

    months = connection.execute(
        "select metric, month_start_date, numerator, denominator, coalesce(numerator_before, 0), "
        "coalesce(denominator_before, 0), change from marts.agg_month_on_month"
    ).fetchall()
    assert {row[:2]: list(row[2:6]) for row in months} == month_on_month(account, bookings)
    for *counts, change in (row[2:] for row in months):
        if change == "not enough data":
            continue
        low, high = newcombe(counts)
        assert change == ("up" if low > 0 else "down" if high < 0 else "not clear")

    numbers = connection.execute(
        "select metric, insights_value, our_value from marts.agg_insights_metrics "
        "where period = 'all time'"
    ).fetchall()
    assert {row[0]: row[1:] for row in numbers} == {
        metric: pytest.approx(values) for metric, values in insights(account, bookings).items()
    }
    assert_every_difference_has_a_reason(connection)
    reasons = connection.execute(
        "select booking_uid, status_reason = 'same' from marts.fct_insights_bookings"
    ).fetchall()
    same = {"held": "completed", "in_progress": "uncompleted", "upcoming": "uncompleted"}
    assert dict(reasons) == {
        b.uid: b.is_in_scope
        and b.insights == {**same, "pending": "uncompleted"}.get(b.outcome, b.outcome)
        for b in bookings
    }


@pytest.mark.parametrize("seed", [1])
def test_rates_and_insights_agree_with_plain_python(project, warehouse, seed):
    account = random_account(seed)
    fill(warehouse, account)

    result = build(
        project,
        DuckDBEngine(warehouse),
        as_of=AS_OF,
        select=["+marts.agg_month_on_month", "+marts.agg_insights_metrics"],
    )

    assert result.ok
    assert_agrees(warehouse, account)
    changes = warehouse.execute("select distinct change from marts.agg_month_on_month").fetchall()
    assert {change for (change,) in changes} == {"up", "down", "not clear", "not enough data"}


@pytest.mark.reference
def test_rates_and_insights_agree_on_the_recorded_world(recorded_models, reference_dir):
    assert_agrees(recorded_models, recorded_account(reference_dir))
