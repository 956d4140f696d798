from datetime import date
from xml.etree.ElementTree import fromstring

import pytest

from pipelines.report import charts
from pipelines.report.model import Hour, Load, Month, Week
from pipelines.report.statistics import rate_of


def drawing(svg):
    return fromstring(svg)  # noqa: S314 - our own output


def test_week_chart_puts_higher_rates_higher_and_breaks_the_line_at_gaps():
    rates = [rate_of(10, 100), rate_of(30, 100), rate_of(1, 2), rate_of(20, 100)]
    weeks = [Week(date(2026, 3, 2 + 7 * i), rate) for i, rate in enumerate(rates)]

    chart = drawing(charts.week_chart(weeks))

    heights = [float(circle.get("cy")) for circle in chart.iter("circle")]
    assert heights[1] < heights[2] < heights[0]
    path = next(chart.iter("path")).get("d")
    assert path.count("M") == 2
    assert path.count("L") == 1


def test_week_chart_describes_its_extremes():
    weeks = [Week(date(2026, 3, 2), rate_of(2, 40)), Week(date(2026, 3, 9), rate_of(10, 40))]

    description = drawing(charts.week_chart(weeks)).find("desc").text

    assert "9 Mar 2026: 25.0%" in description
    assert "Lowest: 5.0% in the week of 2 Mar 2026" in description


def test_week_chart_says_so_when_no_week_has_enough_data():
    chart = drawing(charts.week_chart([Week(date(2026, 3, 2), rate_of(1, 4))]))

    assert "not enough data" in [text.text for text in chart.iter("text")]
    assert not list(chart.iter("circle"))


def test_month_chart_stacks_each_booking_once():
    month = Month(date(2026, 3, 1), 10, 2, 3, 4, 1, 0, 0)

    chart = drawing(charts.month_chart([month]))

    bars = list(chart.iter("rect"))
    heights = {bar.get("class"): float(bar.get("height")) for bar in bars}
    assert set(heights) == {
        "outcome held", "outcome no_show", "outcome rescheduled", "outcome cancelled",
        "outcome not_confirmed",
    }  # fmt: skip
    assert heights["outcome held"] == pytest.approx(5 * heights["outcome no_show"], rel=0.01)
    tops = sorted(float(bar.get("y")) for bar in bars)
    bottom = float(bars[0].get("y")) + float(bars[0].get("height"))
    assert bottom - tops[0] == pytest.approx(sum(heights.values()), abs=0.1)


@pytest.mark.parametrize("draw", [charts.no_show_map, charts.volume_map])
def test_maps_shade_the_greatest_cell_darkest(draw):
    hours = [Hour(1, 9, rate_of(5, 100)), Hour(2, 10, rate_of(60, 200))]

    groups = [(g.get("class"), g.find("title").text) for g in drawing(draw(hours)).iter("g")]

    assert dict(groups)["shade5"] == "Tue 10:00: 30.0% (60 of 200) absent"
    assert dict(groups).keys() == {"shade5", "shade1" if draw is charts.no_show_map else "shade3"}


def test_no_show_map_leaves_cells_without_enough_data_unshaded():
    chart = drawing(charts.no_show_map([Hour(1, 9, rate_of(5, 5))]))

    assert [g.get("class") for g in chart.iter("g")] == ["shade0"]
    assert "No hour of the week has enough" in chart.find("desc").text


def test_maps_leave_room_for_hours_in_which_nothing_starts():
    chart = drawing(charts.volume_map([Hour(1, 8, rate_of(0, 5)), Hour(7, 11, rate_of(0, 5))]))

    names = [text.text for text in chart.iter() if (text.text or "").endswith(":00")]
    assert names == ["08:00", "09:00", "10:00", "11:00"]


def test_no_show_map_of_a_perfect_record_divides_by_nothing():
    chart = drawing(charts.no_show_map([Hour(1, 9, rate_of(0, 50))]))

    assert [text.text for text in chart.iter("text")][-1] == "0%"


@pytest.mark.parametrize(
    ("share", "width"),
    [
        pytest.param(0.0, 0, id="empty"),
        pytest.param(0.5, 60, id="half"),
        pytest.param(1.0, 120, id="full"),
    ],
)
def test_load_bar_is_as_long_as_the_share(share, width):
    load = Load(600.0, 600 * share, 600 * share, 0.0, share)

    (bar,) = [r for r in drawing(charts.load_bar(load)).iter("rect") if r.get("class") == "fill"]

    assert float(bar.get("width")) == width


def test_load_bar_without_available_time_draws_nothing():
    chart = drawing(charts.load_bar(Load(None, 30.0, 0.0, 30.0, None)))

    assert chart.find("title").text == "No available time"
    assert not list(chart.iter("rect"))


@pytest.mark.parametrize(
    "draw", [charts.week_chart, charts.month_chart, charts.volume_map, charts.no_show_map]
)
def test_charts_of_nothing_still_name_themselves(draw):
    chart = drawing(draw([]))

    assert chart.find("title").text
    assert chart.find("desc").text
