"""The scorecard of no-show risk and its test, again in plain Python, booking by booking."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING

import pytest

from tests.models.accounts import AS_OF, Account, fill, random_account
from tests.models.test_rates_recomputed import Booking, band, bookings_of, histories, minutes
from transforms import DuckDBEngine, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SPLIT = AS_OF.date() - timedelta(days=90)
Risk = tuple[float, float]


def absent_by(account: Account, seed: int, chance: Callable[[str], float]) -> Account:
    """The account, its people absent by chance: that of the booker named first."""
    rng = random.Random(seed)
    for record in account.bookings:
        record["status"] = "accepted"
        is_absent = rng.random() < chance(record["attendees"][0]["email"])
        for entry in record["attendees"]:
            entry["absent"] = is_absent
    return account


def learn(
    bookings: Iterable[Booking], history: dict[str, str]
) -> tuple[Callable[[Booking], float], float]:
    """A function of a booking that gives its risk, and the base rate."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])

    def values(booking: Booking) -> list[tuple[str, str]]:
        lead = band(minutes(booking.created, booking.start))
        return [("base", ""), ("lead", lead), ("history", history[booking.uid])]

    for booking in bookings:
        for value in values(booking):
            counts[value][0] += any(booking.marks)
            counts[value][1] += 1
    missed, met = counts["base", ""]
    base = (missed + 0.5) / (met + 1)

    def risk(booking: Booking) -> float:
        odds = base / (1 - base)
        for value in values(booking)[1:]:
            share = (counts[value][0] + 20 * base) / (counts[value][1] + 20)
            odds *= share / (1 - share) * (1 - base) / base
        return odds / (1 + odds)

    return risk, base


@pytest.mark.parametrize(
    ("chance", "verdict"),
    [
        pytest.param(
            lambda email: 0.9 if email < "c3" else 0.01, "better than the base rate", id="habits"
        ),
        pytest.param(lambda _: 0.2, "no better than the base rate", id="chance alone"),
    ],
)
def test_risks_and_their_test_agree_with_plain_python(project, warehouse, chance, verdict):
    account = absent_by(random_account(3, 1200), 3, chance)
    fill(warehouse, account)
    bookings = bookings_of(account)
    history = {uid: name for uid, name, _ in histories(bookings)}
    ended = [booking for booking in bookings if booking.is_ended]
    known = [booking for booking in ended if booking.local.date() < SPLIT]
    unseen = [booking for booking in ended if booking.local.date() >= SPLIT]
    risk, base = learn(known, history)
    errors = [(risk(b) - any(b.marks)) ** 2 for b in unseen]
    base_errors = [(base - any(b.marks)) ** 2 for b in unseen]

    select = ["+marts.fct_no_show_risks", "+marts.agg_no_show_calibration"]
    result = build(project, DuckDBEngine(warehouse), as_of=AS_OF, select=select)

    assert result.ok, result.failures
    *scores, found = warehouse.execute(
        "select test_count, brier_score, base_brier_score, verdict "
        "from marts.agg_no_show_evaluation"
    ).fetchone()
    mean, base_mean = sum(errors) / len(errors), sum(base_errors) / len(errors)
    assert scores == pytest.approx([len(unseen), mean, base_mean], abs=1e-6)
    gains = [before - after for before, after in zip(base_errors, errors, strict=True)]
    spread = sqrt(sum((gain - base_mean + mean) ** 2 for gain in gains) / len(gains) ** 2)
    assert (base_mean - mean > 1.96 * spread) is (found == "better than the base rate")
    assert found == verdict

    final, _ = learn(ended, history)
    risks = warehouse.execute("select booking_uid, risk from marts.fct_no_show_risks").fetchall()
    assert dict(risks) == {
        b.uid: pytest.approx(final(b), abs=1e-6) for b in bookings if b.outcome == "upcoming"
    }
    assert len(risks) > 20
    bands = warehouse.execute(
        "select sum(booking_count), sum(no_show_count), sum(foretold_risk * booking_count) "
        "from marts.agg_no_show_calibration"
    ).fetchone()
    foretold = sum(risk(b) for b in unseen)
    assert bands == pytest.approx((len(unseen), sum(any(b.marks) for b in unseen), foretold))
