import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from pipelines.errors import ReportNotWritten
from pipelines.exit_codes import ExitCode, exit_code_of
from pipelines.report.definitions import definitions
from pipelines.report.html import ROWS_SHOWN, render_html, write_html
from tests.pipelines.report.conftest import HOSTILE

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """A parsed page: its elements with their ancestors, and its text."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.elements = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "parents": list(self.open)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open[-1]["tag"] == tag, f"</{tag}> closes <{self.open[-1]['tag']}>"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag):
        return [element for element in self.elements if element["tag"] == tag]

    def inside(self, parent, tag):
        return [e for e in self.all(tag) if any(p is parent for p in e["parents"])]


@pytest.fixture
def page(small_report):
    return Page(render_html(small_report))


def test_page_is_well_nested_and_names_its_language(page):
    assert page.open == []
    assert page.all("html")[0]["attrs"]["lang"] == "en"
    assert any(e["attrs"].get("name") == "viewport" for e in page.all("meta"))


def test_page_refers_to_nothing_outside_itself(page):
    addresses = [
        (element["tag"], name, value)
        for element in page.elements
        for name, value in element["attrs"].items()
        if name in {"href", "src", "srcset", "action", "data", "poster", "xlink:href"}
    ]

    assert addresses
    assert all(value.startswith("#") for _, _, value in addresses)
    assert not page.all("script") + page.all("link") + page.all("img") + page.all("iframe")
    style = page.all("style")[0]["text"]
    assert not re.search(r"url\(|@import|https?:", style)


def test_page_has_one_main_heading_and_skips_no_level(page):
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch(r"h[1-6]", e["tag"])]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_every_table_has_a_caption_and_every_heading_cell_a_scope(page):
    assert page.all("table")
    for table in page.all("table"):
        (caption,) = page.inside(table, "caption")
        assert caption["text"].strip()
        cells = page.inside(table, "th")
        assert cells
        assert all(cell["attrs"].get("scope") in {"col", "row"} for cell in cells)


def test_every_drawing_is_an_image_with_a_title(page):
    assert len(page.all("svg")) > 4
    for svg in page.all("svg"):
        assert svg["attrs"]["role"] == "img"
        title = page.inside(svg, "title")[0]
        assert title["parents"][-1] is svg
        assert title["text"].strip()


def test_every_chart_has_a_description_and_a_table_beside_it(page):
    charts = [s for s in page.all("svg") if s["attrs"]["class"].startswith("chart")]

    assert len(charts) == 6
    assert all(page.inside(chart, "desc")[0]["text"].strip() for chart in charts)
    assert sum("as a table" in e["text"] for e in page.all("summary")) == 4


def test_every_link_leads_to_a_place_on_the_page_and_ids_are_unique(page):
    ids = [e["attrs"]["id"] for e in page.elements if "id" in e["attrs"]]

    assert len(ids) == len(set(ids))
    targets = {e["attrs"]["href"].removeprefix("#") for e in page.all("a")}
    labels = {e["attrs"]["aria-labelledby"] for e in page.all("section")}
    assert targets | labels <= set(ids)


def test_regions_that_scroll_can_be_reached_by_keyboard_and_have_names(page):
    regions = [e for e in page.all("div") if e["attrs"].get("class") == "scroll"]

    assert regions
    assert all(r["attrs"]["tabindex"] == "0" and r["attrs"]["aria-label"] for r in regions)
    assert not [e for e in page.elements if int(e["attrs"].get("tabindex", "0")) > 0]


def test_hostile_names_stay_text(page, small_report):
    (host,) = [row for row in small_report.no_show_by_host if row.id == 2]
    shown = {e["text"] for e in page.all("bdi")}

    assert host.name == HOSTILE.replace("\x1b", "")
    assert host.name in shown
    assert "جلسة exe.🎉" in shown
    assert not page.all("script")


def test_texts_of_every_origin_are_escaped(small_report):
    hostile = '"><script>x</script>'
    quality = small_report.quality
    report = replace(
        small_report,
        warehouse=hostile,
        quality=replace(
            quality,
            last_run=replace(quality.last_run, outcome=hostile),
            proofs=(replace(quality.proofs[0], resource=hostile, scope=hostile),),
            concerns=(hostile,),
        ),
        utilisation_by_host=tuple(
            replace(row, name=hostile, time_zone=hostile)
            for row in small_report.utilisation_by_host
        ),
        no_show_by_event_type=tuple(
            replace(row, name=hostile) for row in small_report.no_show_by_event_type
        ),
    )

    page = Page(render_html(report))

    assert not page.all("script")
    assert page.all("main")[0]["text"].count(hostile) >= 5


def test_page_says_when_as_of_when_and_from_which_file_without_its_folder(page, tmp_path_factory):
    text = page.all("header")[0]["text"]

    assert "As of 16 Mar 2026, 12:00 UTC" in text
    assert "Made 16 Mar 2026, 13:00 UTC from small.duckdb" in text
    assert str(tmp_path_factory.getbasetemp()) not in page.all("html")[0]["text"]


def test_page_holds_no_email_address(small_report):
    assert "@" not in re.sub(r"@(media|page)\b", "", render_html(small_report))


def test_page_defines_every_number(page):
    assert [e["text"] for e in page.all("dt")] == list(definitions())


def test_page_shows_not_enough_data_in_place_of_small_rates(page):
    (row,) = [e for e in page.all("tr") if "bold" in e["text"] and "not enough data" in e["text"]]
    plot = page.inside(row, "svg")[0]

    assert page.inside(plot, "title")[0]["text"] == "not enough data"
    assert not page.inside(plot, "circle")


def test_page_of_an_empty_warehouse_says_so_and_draws_nothing(empty_report):
    page = Page(render_html(empty_report))

    assert "holds no booking" in page.all("main")[0]["text"]
    assert "Data quality" in page.all("main")[0]["text"]
    assert not page.all("svg")
    assert "nan" not in page.all("main")[0]["text"].lower().split()


def test_page_says_so_where_a_table_would_be_empty(small_report):
    bare = replace(
        small_report, no_show_by_event_type=(), utilisation_by_host=(), funnels=(), slices=()
    )
    text = Page(render_html(bare)).all("main")[0]["text"]

    assert text.count("No accepted booking is over yet.") == 1
    assert "No host has a booking or known hours in these days." in text
    assert "No routing form has a submission" in text


def test_page_cuts_long_tables_and_says_where_the_rest_is(small_report):
    many = small_report.no_show_by_host[:1] * (ROWS_SHOWN + 30)
    page = Page(render_html(replace(small_report, no_show_by_host=many)))

    text = page.all("main")[0]["text"]
    assert text.count("Ada") >= ROWS_SHOWN
    assert text.count("Ada") < ROWS_SHOWN + 30
    assert f"marts.agg_no_show_rates holds all {ROWS_SHOWN + 30}" in text


def test_page_draws_weeks_without_enough_data_as_gaps(small_report):
    weeks = list(small_report.weeks)
    page = Page(render_html(small_report))
    chart = next(s for s in page.all("svg") if "week" in page.inside(s, "title")[0]["text"])

    enough = sum(week.booking_no_show.is_enough for week in weeks)
    assert len(page.inside(chart, "circle")) == enough
    assert len(page.inside(chart, "rect")) == len(weeks)


def test_write_html_replaces_an_older_report_and_leaves_no_draft(small_report, tmp_path):
    path = tmp_path / "out" / "report.html"
    path.parent.mkdir()
    path.write_text("old")

    write_html(small_report, path)

    assert path.read_text(encoding="utf-8") == render_html(small_report)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        pytest.param("missing/report.html", "No such file or directory", id="no-such-folder"),
        pytest.param("folder", "it is a folder", id="a-folder"),
        pytest.param("x" * 300, "File name too long", id="name-too-long"),
    ],
)
def test_write_html_says_why_it_cannot_write_and_how_to_mend_it(
    small_report, tmp_path, name, cause
):
    (tmp_path / "folder").mkdir()

    with pytest.raises(ReportNotWritten, match=f"{cause}.*--html") as caught:
        write_html(small_report, tmp_path / name)

    assert exit_code_of(caught.value) is ExitCode.CANNOT_WRITE
    assert not list(tmp_path.glob(".*.tmp"))


def test_write_html_does_not_replace_a_device(small_report, tmp_path):
    link = tmp_path / "null"
    link.symlink_to("/dev/null")

    with pytest.raises(ReportNotWritten, match="not an ordinary file"):
        write_html(small_report, link)

    assert link.is_symlink()
