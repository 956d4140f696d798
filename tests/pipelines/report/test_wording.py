from datetime import UTC, date, datetime

import pytest

from pipelines.report import tables, wording
from pipelines.report.model import BETTER, Risks
from pipelines.report.statistics import rate_of


def test_distinct_names_tells_equal_names_apart_by_owner_then_by_id():
    names = {1: "Intro", 2: "Intro", 3: "Intro", 4: "Demo", 5: ""}

    distinct = wording.distinct_names(names, "event type", {1: "Ada", 2: "Bob", 3: "Bob"})

    assert distinct == {
        1: "Intro (Ada)",
        2: "Intro (Bob) (event type 2)",
        3: "Intro (Bob) (event type 3)",
        4: "Demo",
        5: "Event type 5",
    }


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("a\x1b[2Jb\x07", "a [2Jb", id="terminal-control"),
        pytest.param("two\nlines\t here", "two lines here", id="line-breaks"),
        pytest.param("\u202eexe.gpj", "exe.gpj", id="turned-order"),
        pytest.param("👩‍🚀 Zoë עדה", "👩‍🚀 Zoë עדה", id="joined-emoji-and-hebrew-stay"),
    ],
)
def test_clean_text_removes_what_steers_the_display(text, clean):
    assert wording.clean_text(text) == clean


@pytest.mark.parametrize(
    ("rate", "text", "share", "interval"),
    [
        pytest.param(rate_of(0, 0), "–", "–", "–", id="nothing-counted"),
        pytest.param(
            rate_of(3, 12), "not enough data", "not enough data (3 of 12)", "–", id="too-few"
        ),
        pytest.param(rate_of(120, 1200), "10.0%", "10.0% (120 of 1,200)", "8.4–11.8%", id="enough"),
    ],
)
def test_rates_are_worded_with_their_counts_or_as_not_enough(rate, text, share, interval):
    assert wording.rate_text(rate) == text
    assert wording.share_text(rate) == share
    assert wording.interval_text(rate) == interval


def test_times_name_their_unit_and_zone():
    assert wording.hours_text(90) == "1.5 h"
    assert wording.hours_text(None) == "–"
    assert wording.date_text(date(2026, 3, 7)) == "7 Mar 2026"
    assert wording.moment_text(datetime(2026, 3, 7, 9, 5, tzinfo=UTC)) == "7 Mar 2026, 09:05 UTC"


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        pytest.param(BETTER, "Nothing starts in the next 7 days.", id="better"),
        pytest.param(
            "no better than the base rate",
            "So no list is shown: calling every booking equally risky would be worth as much.",
            id="no-better",
        ),
        pytest.param("not enough data", "So no list is shown.", id="not-enough"),
    ],
)
def test_risk_text_says_why_there_is_no_list(verdict, told):
    text = tables.risk_text(Risks(verdict, 840, 0.1012, 0.1031, ()))

    assert text.startswith("The scorecard was tested on 840 bookings of the last 90 days, which it")
    assert text.endswith(f"0.1031 (lower is better): {verdict}. {told}")
