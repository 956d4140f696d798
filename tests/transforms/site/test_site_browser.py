"""The data dictionary in a real browser, from a file: search, click, keyboard, narrow screen."""

from __future__ import annotations

import pytest

from transforms import Project
from transforms.site import describe_project, write_site

pytestmark = pytest.mark.browser


@pytest.fixture
def site_file(bakery, tmp_path):
    return write_site(describe_project(Project.load(bakery), title="Bakery"), tmp_path)


@pytest.fixture
def page(browser, site_file):
    return browser.open(site_file.as_uri())


def shown(page):
    return page.evaluate(
        "[...document.querySelectorAll('article')].filter(a => !a.hidden).map(a => a.id)"
    )


def drawn(page):
    """Nodes of the drawing that is shown, and how many lines connect them."""
    nodes = page.evaluate(
        "[...document.querySelectorAll('.drawing a')].map(a => a.getAttribute('href'))"
    )
    return {n.removeprefix("#") for n in nodes}, page.evaluate(
        "document.querySelectorAll('.drawing path').length"
    )


def test_page_opens_from_a_file_and_asks_for_nothing_else(page, site_file):
    assert shown(page) == ["overview"]
    assert page.requests() == [site_file.as_uri()]
    assert page.complaints() == []


def test_the_list_of_tables_is_folded_on_a_telephone_only(browser, page, site_file):
    unfolded = "document.querySelectorAll('nav details[open]').length"
    phone = browser.open(f"{site_file.as_uri()}#marts.agg_breads", width=390, height=800)

    assert page.evaluate(unfolded) == 1
    assert phone.evaluate(unfolded) == 0
    assert shown(phone) == ["marts.agg_breads"]


def test_the_list_of_tables_stays_in_sight(page):
    page.resize(1280, 300)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")

    assert page.evaluate("document.querySelector('nav').getBoundingClientRect().top") == 0


def test_search_finds_a_column_by_words_and_opens_it_with_enter(page):
    page.press("/")
    page.type("loaves sold")

    assert page.evaluate("document.activeElement.id") == "search"
    assert page.evaluate("document.querySelector('#results a').firstChild.textContent") == (
        "marts.agg_breads"
    )

    page.press("ArrowDown")
    page.press("ArrowDown")
    page.press("Enter")
    page.wait_for("document.querySelector('tr.chosen')")

    assert page.evaluate("location.hash") == "#marts.agg_breads.loaf_count"
    assert shown(page) == ["marts.agg_breads"]
    assert page.evaluate("document.querySelector('#results').hidden")
    assert page.complaints() == []


def test_search_says_so_when_nothing_is_found_and_escape_clears(page):
    page.click("#search")
    page.type("zebra")

    assert page.evaluate("document.querySelector('#found').textContent") == "0 found"

    page.press("Escape")

    assert page.evaluate("document.querySelector('#search').value") == ""
    assert page.evaluate("document.querySelector('#found').textContent") == ""


def test_a_click_on_a_column_draws_its_lineage_to_the_source(page):
    page.evaluate("location.hash = 'marts.agg_breads'")
    page.wait_for("document.querySelector('.drawing')")
    page.click("[id='marts.agg_breads.loaf_count'] th a")
    page.wait_for("document.querySelector('tr.drawn')")

    page.evaluate("document.querySelector('.lineage .drawing').remove()")
    nodes, lines = drawn(page)

    assert nodes == {
        "shop.sales.count",
        "staging.stg_shop__sales.loaf_count",
        "intermediate.int_shop__recent_sales.loaf_count",
        "marts.agg_breads.loaf_count",
    }
    assert lines == 3
    assert page.evaluate("document.querySelector('tr.chosen').id") == "marts.agg_breads.loaf_count"
    assert page.complaints() == []


def test_a_table_draws_its_neighbours_and_all_the_way_when_asked(page):
    page.evaluate("location.hash = 'staging.stg_shop__sales'")
    page.wait_for("document.querySelector('.drawing')")

    assert drawn(page) == (
        {"shop.sales", "staging.stg_shop__sales", "intermediate.int_shop__recent_sales"},
        2,
    )

    page.click(".lineage input")

    assert drawn(page)[0] >= {"marts.agg_breads"}
    assert drawn(page)[1] == 3


def test_back_leads_to_the_table_seen_before(page):
    page.evaluate("location.hash = 'marts.agg_breads'")
    page.wait_for("document.querySelector('.drawing a')")
    page.evaluate("location.hash = 'shop.sales'")
    page.wait_for("!document.getElementById('shop.sales').hidden")
    page.evaluate("history.back()")
    page.wait_for("!document.getElementById('marts.agg_breads').hidden")

    assert shown(page) == ["marts.agg_breads"]


def test_tab_reaches_the_search_then_the_tables(page):
    reached = []
    for _ in range(4):
        page.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML.split('>')[0]"))

    assert 'class="skip"' in reached[0]
    assert 'id="search"' in reached[2]
    assert reached[3].startswith("<summary")


@pytest.mark.parametrize("place", ["", "#marts.agg_breads", "#marts.agg_breads.loaf_count"])
def test_page_fits_a_telephone(browser, site_file, place):
    page = browser.open(site_file.as_uri() + place, width=360, height=740)

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.complaints() == []
