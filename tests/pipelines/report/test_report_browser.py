"""The report in a real browser: phones, paper, dark screens, keyboards, and axe-core on each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.report.html import render_html
from pipelines.report.model import FunnelCounts, Slice
from pipelines.report.statistics import rate_of

pytestmark = pytest.mark.browser
LONG = "Dr. Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh " * 2
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def crowded(report):
    """200 hosts with long names, some without spaces, and a form with a long name."""
    host, load = report.no_show_by_host[0], report.utilisation_by_host[0]
    names = [f"{LONG if number % 2 else WORD} {number}" for number in range(200)]
    funnel = report.funnels[0]
    return replace(
        report,
        no_show_by_host=tuple(
            replace(host, id=n, name=name, booking_no_show=rate_of(n % 50, 12_345))
            for n, name in enumerate(names)
        ),
        utilisation_by_host=tuple(
            replace(load, host_id=n, name=name) for n, name in enumerate(names)
        ),
        slices=(*report.slices, Slice("team", WORD, rate_of(1_234, 99_999))),
        funnels=(replace(funnel, name=WORD), *[funnel] * 12),
    )


def single(report):
    """An account with one booking, held, and no routing form."""
    one = replace(
        report.headline.last_28_days,
        bookings=1,
        open=0,
        **dict.fromkeys(("held", "booking_no_show", "attendee_no_show"), rate_of(0, 1)),
        **dict.fromkeys(("host_no_show", "cancelled", "rescheduled"), rate_of(0, 0)),
    )
    headline = replace(report.headline, last_28_days=one, previous_28_days=one, all_time=one)
    return replace(
        report,
        headline=headline,
        no_show_by_host=(replace(report.no_show_by_host[1], booking_no_show=rate_of(0, 1)),),
        no_show_by_event_type=(),
        utilisation_by_host=(),
        weeks=tuple(replace(week, booking_no_show=rate_of(0, 0)) for week in report.weeks[:1]),
        hours=tuple(replace(hour, booking_no_show=rate_of(0, 1)) for hour in report.hours[:1]),
        months=report.months[:1],
        slices=(),
        month_on_month=None,
        funnels=(),
    )


def unbooked(report):
    """Routing forms whose submissions led to nothing, and every doubt at once."""
    none = FunnelCounts(25, rate_of(0, 25), rate_of(0, 25), rate_of(0, 25), 0)
    funnel = replace(report.funnels[0], last_28_days=none, all_time=none)
    concerns = tuple(f"Concern {number}: {WORD}." for number in range(3))
    quality = replace(report.quality, concerns=concerns)
    return replace(report, funnels=(funnel,), quality=quality)


VARIANTS = {"small": lambda report: report, "200 hosts": crowded, "1 booking": single,
            "no bookings from forms": unbooked}  # fmt: skip


@pytest.fixture(scope="session")
def file_of(small_report, empty_report, tmp_path_factory):
    """Writes a variant of the report as a file, once."""
    folder = tmp_path_factory.mktemp("pages")

    def write(variant):
        file = folder / f"{variant}.html"
        if not file.exists():
            made = VARIANTS[variant](small_report) if variant in VARIANTS else empty_report
            file.write_text(render_html(made), encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize(
    ("variant", "width", "scheme"),
    [
        ("small", 1280, "light"),
        ("small", 360, "dark"),
        ("200 hosts", 360, "light"),
        ("1 booking", 1280, "dark"),
        ("no bookings from forms", 360, "light"),
        ("no bookings", 360, "light"),
    ],
)
def test_axe_finds_nothing_and_the_page_fits(
    browser, axe, file_of, tmp_path, variant, width, scheme
):
    file = file_of(variant)
    page = browser.open(file.as_uri(), width=width, scheme=scheme)
    page.screenshot(tmp_path / "page.png", whole=True)

    assert page.axe_violations() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.requests() == [file.as_uri()]
    assert page.complaints() == []
    assert (tmp_path / "page.png").stat().st_size > 20_000


def test_axe_sees_what_is_wrong(browser, axe, file_of):
    page = browser.open(file_of("no bookings").as_uri())
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    page.evaluate("document.documentElement.removeAttribute('lang')")

    rules = {violation.partition(":")[0] for violation in page.axe_violations()}

    assert rules == {"color-contrast", "html-has-lang"}


def test_page_prints_its_numbers_and_no_controls_on_few_sheets(browser, file_of, tmp_path):
    page = browser.open(file_of("small").as_uri(), width=718)  # A4 less its margins
    page.print_to(tmp_path / "report.pdf")
    page.media("print")

    clipped = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.getAttribute('aria-label'))"
    )
    shown = page.evaluate(
        "[...document.querySelectorAll('nav, summary, .skip')].filter(e => e.offsetHeight).length"
    )
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert clipped == []
    assert shown == 0
    assert 1 <= pdf.count(b"/Type /Page\n") <= 8


def test_keyboard_reaches_the_skip_link_the_sections_and_every_table(browser, file_of):
    page = browser.open(file_of("small").as_uri())
    reached = []
    for _ in range(40):
        page.press("Tab")
        reached.append(
            page.evaluate(
                "(e => e.getAttribute('aria-label') || e.textContent.trim())"
                "(document.activeElement)"
            )
        )

    regions = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility())"
        ".map(e => e.getAttribute('aria-label'))"
    )
    assert reached[:3] == ["Skip to the numbers", "Headline", "No-shows"]
    assert set(regions) <= set(reached)


def test_enter_opens_a_table_behind_a_chart(browser, file_of):
    page = browser.open(file_of("small").as_uri())
    page.evaluate("document.querySelector('summary').focus()")
    page.press("Enter")

    page.wait_for("document.querySelector('details').open")
    assert page.evaluate("document.querySelector('details table').checkVisibility()")
