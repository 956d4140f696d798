from datetime import UTC, date, datetime

import pytest

from pipelines.errors import MartsMissing
from pipelines.report.queries import read_report
from pipelines.warehouse import Warehouse
from tests.pipelines.report.conftest import AS_OF, MADE_AT


def counts(rate):
    return rate.numerator, rate.denominator


def test_read_report_says_what_it_stands_for(small_report):
    assert small_report.as_of == AS_OF
    assert small_report.made_at == MADE_AT
    assert small_report.warehouse == "small.duckdb"
    assert (small_report.first_date, small_report.last_date) == (
        date(2026, 1, 15),
        date(2026, 3, 18),
    )


@pytest.mark.parametrize(
    ("period", "bookings", "opened", "expected"),
    [
        pytest.param(
            "last_28_days", 41, 0,
            {
                "held": (33, 41),  # 38 accepted, less 4 of Ada's and the host's own absence
                "cancelled": (2, 40),  # of 38 accepted and the two
                "rescheduled": (1, 41),
                "booking_no_show": (5, 38),
                "attendee_no_show": (5, 48),
                "host_no_show": (1, 38),
            },
            id="last-28-days",
        ),
        pytest.param(
            "previous_28_days", 28, 0,
            {
                "held": (23, 28),
                "cancelled": (0, 28),
                "rescheduled": (0, 28),
                "booking_no_show": (5, 28),
                "attendee_no_show": (5, 28),
                "host_no_show": (0, 28),
            },
            id="28-days-before",
        ),
        pytest.param(
            "all_time", 74, 1,
            {
                "held": (59, 74),
                "cancelled": (2, 72),
                "rescheduled": (1, 73),  # what it was moved to is no wish of its own
                "booking_no_show": (11, 70),
                "attendee_no_show": (11, 80),
                "host_no_show": (1, 70),
            },
            id="all-time",
        ),
    ],
)  # fmt: skip
def test_headline_counts_what_was_counted_by_hand(small_report, period, bookings, opened, expected):
    headline = getattr(small_report.headline, period)

    assert (headline.bookings, headline.open) == (bookings, opened)
    assert {name: counts(getattr(headline, name)) for name in expected} == expected


def test_headline_says_what_changed_only_where_there_is_enough_data(small_report):
    changes = small_report.headline.changes

    assert changes["booking_no_show"].difference == pytest.approx(5 / 38 - 5 / 28)
    assert {name: change.verdict for name, change in changes.items()} == {
        "held": "not clear",
        "booking_no_show": "not clear",
        "attendee_no_show": "not clear",
        "host_no_show": "not clear",
        "cancelled": "not clear",
        "rescheduled": "not clear",
    }


def test_funnel_follows_moves_and_counts_what_is_still_ahead(small_report):
    (funnel,) = small_report.funnels

    def steps(found):
        return found.submitted, *(
            rate.numerator for rate in (found.booked, found.accepted, found.held)
        ), found.ahead  # fmt: skip

    assert funnel.name == "Talk to us"
    assert steps(funnel.all_time) == (4, 3, 2, 1, 1)
    assert steps(funnel.last_28_days) == (2, 1, 1, 1, 0)


def test_funnels_of_several_forms_stand_below_their_sum(small_path):
    with Warehouse.open(str(small_path)) as warehouse:
        warehouse.execute(
            "update marts.fct_routing_form_responses set routing_form_id = 'form-2' "
            "where response_id = 3"
        )
        funnels = read_report(warehouse, made_at=MADE_AT).funnels

    assert [(f.name, f.all_time.submitted) for f in funnels] == [
        ("All forms", 4),
        ("Talk to us (form form-1)", 3),
        ("Talk to us (form form-2)", 1),
    ]


def test_slices_take_bands_in_their_own_order(small_path):
    with Warehouse.open(str(small_path)) as warehouse:
        warehouse.execute(
            "update marts.agg_rates set dimension_value = 'under 1 hour', dimension_label = 'x' "
            "where dimension = 'lead time'"
        )
        warehouse.execute(
            "insert into marts.agg_rates select * replace ('28 days or more' as dimension_value, "
            "'y' as dimension_label, 0 as place) from marts.agg_rates "
            "where dimension = 'lead time' and metric = 'booking no-show' and period = 'all time'"
        )
        found = read_report(warehouse, made_at=MADE_AT).slices

    assert [row.label for row in found if row.dimension == "lead time"] == ["X", "Y"]
    assert all(counts(row.booking_no_show) == (11, 70) for row in found if row.label in "XY")


def test_load_hours_add_up_to_the_days_that_are_over(small_report):
    hours = small_report.load_hours

    # Ada only: from 15 January to 13 March 42 working days of 8 hours, a booking on each
    assert {hour.hour for hour in hours} == set(range(9, 17))
    assert {hour.weekday for hour in hours} == {1, 2, 3, 4, 5}
    assert sum(hour.available_minutes for hour in hours) == 42 * 480
    assert sum(hour.booked_in_hours_minutes for hour in hours) == 42 * 30


def test_risks_are_listed_only_where_the_scorecard_is_worth_it(small_report, small_path):
    assert small_report.risks.verdict == "not enough data"
    assert small_report.risks.bookings == ()
    with Warehouse.open(str(small_path)) as warehouse:
        warehouse.execute(
            "update marts.agg_no_show_evaluation set verdict = 'better than the base rate'"
        )
        (booking,) = read_report(warehouse, made_at=MADE_AT).risks.bookings

    assert (booking.host, booking.event_type) == ("Ada", "جلسة exe.🎉")
    assert booking.start_at == datetime(2026, 3, 18, 10, tzinfo=UTC)
    assert 0 < booking.risk < 1


def test_month_on_month_compares_as_many_days(small_report):
    month = small_report.month_on_month
    (change,) = [c for c in month.changes if c.metric == "booking no-show"]

    # 1 to 15 March: Ada's days 6 and 12, host 2's day 5. 1 to 15 February: days 30, 36 and 42.
    assert month.month_start_date == date(2026, 3, 1)
    assert counts(change.now) == (3, 25)
    assert counts(change.before) == (3, 15)
    assert change.verdict == "not enough data"


def test_headline_utilisation_adds_minutes_up_before_dividing(small_report):
    load = small_report.headline.last_28_days.utilisation

    # 20 working days of 8 hours; one booking of 30 minutes on each, and on 8 days of weekends.
    # Host 2 has no schedule that could be seen: 10 bookings of 30 minutes are outside hours.
    assert load.available_minutes == 20 * 480
    assert load.booked_in_hours_minutes == 20 * 30
    assert load.booked_outside_hours_minutes == 8 * 30 + 10 * 30
    assert load.utilisation_rate == pytest.approx(600 / 9600)


def test_no_show_by_host_ranks_the_certain_first_and_too_few_last(small_report):
    first, second = small_report.no_show_by_host

    assert (first.name, counts(first.booking_no_show)) == ("Ada", (10, 60))
    assert first.booking_no_show.is_enough
    assert (second.id, counts(second.booking_no_show)) == (2, (1, 10))
    assert counts(second.attendee_no_show) == (1, 20)
    assert counts(second.host_no_show) == (1, 10)
    assert not second.booking_no_show.is_enough


def test_no_show_by_event_type_tells_twins_apart(small_report):
    found = {row.name: counts(row.booking_no_show) for row in small_report.no_show_by_event_type}

    assert found == {
        "جلسة exe.🎉": (10, 60),
        "Twin (Ada) (event type 2)": (1, 5),
        "Twin (Ada) (event type 3)": (0, 5),
    }


def test_no_show_by_event_type_names_unseen_ones_after_their_only_host(small_path):
    with Warehouse.open(str(small_path)) as warehouse:
        warehouse.execute(
            "update marts.dim_event_types set is_visible = false, owner_host_id = null, "
            "title = 'Same'"
        )
        report = read_report(warehouse, made_at=MADE_AT)

    names = {row.id: row.name for row in report.no_show_by_event_type}
    assert names[1] == "Same (Ada)"
    assert names[2].endswith("[31mred) (event type 2)")


def test_utilisation_by_host_separates_past_and_next_days(small_report):
    ada, other = small_report.utilisation_by_host

    assert ada.past.available_minutes == 9600
    assert ada.past.utilisation_rate == pytest.approx(600 / 9600)
    assert (ada.next.available_minutes, ada.next.booked_in_hours_minutes) == (5 * 480, 30)
    assert other.past.available_minutes is None
    assert other.past.utilisation_rate is None
    assert other.past.booked_minutes == 10 * 30


def test_weeks_hours_and_months_each_add_up_to_the_whole(small_report):
    weeks = [counts(week.booking_no_show) for week in small_report.weeks]
    hours = [counts(hour.booking_no_show) for hour in small_report.hours]

    # All weeks shown are those since the first booking; the moved booking lies ahead, in March.
    assert [sum(column) for column in zip(*weeks, strict=True)] == [11, 70]
    assert [sum(column) for column in zip(*hours, strict=True)] == [11, 70]
    assert sum(month.total for month in small_report.months) == 74
    assert small_report.weeks[0].week_start_date == date(2026, 1, 12)
    assert [month.month_start_date.month for month in small_report.months] == [1, 2, 3]


def test_hours_are_in_the_zone_of_the_host(small_report):
    ours = {hour.hour for hour in small_report.hours}

    # 10:00 UTC is 11:00 in Berlin; 15:00 UTC is 10:00 in New York until 7 March and 11:00 after.
    assert ours == {10, 11}


def test_months_keep_the_outcomes_apart(small_report):
    march = small_report.months[-1]

    # Days 1 to 15 are in March: no-shows on 6 and 12 by Ada's guests, on 7 by the host.
    assert (march.held, march.no_show) == (15 + 10 - 3, 3)
    assert (march.cancelled, march.rescheduled, march.open) == (2, 1, 1)
    assert (march.not_confirmed, march.other) == (0, 0)


def test_read_report_of_an_empty_warehouse_has_no_rates_at_all(empty_report):
    assert empty_report.is_empty
    assert empty_report.first_date is None
    assert empty_report.headline.all_time.booking_no_show.rate is None
    assert empty_report.headline.all_time.utilisation.utilisation_rate is None
    assert empty_report.no_show_by_host == ()
    assert empty_report.weeks == ()


def test_read_report_says_how_to_build_marts_that_are_missing(tmp_path):
    path = str(tmp_path / "raw-only.duckdb")
    with (
        Warehouse.open(path) as warehouse,
        pytest.raises(MartsMissing, match=r"no marts\.dim_as_of.*cal-warehouse transform"),
    ):
        read_report(warehouse, made_at=MADE_AT)
