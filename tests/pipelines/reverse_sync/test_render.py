"""A plan for people: every rendering says the same, and escapes what others wrote."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipelines.reverse_sync.plan import Breach, Effects, Undo, digest_of
from pipelines.reverse_sync.render import render_html, render_markdown, render_text
from tests.pipelines.reverse_sync.approved import change_of, plan_of
from tests.pipelines.reverse_sync.planned import built
from tests.pipelines.reverse_sync.scenarios import SCENARIOS, new_sandbox

RENDERINGS = {
    "text": lambda plan: render_text(plan, 1000),
    "markdown": lambda plan: render_markdown(plan).replace("\\", ""),
    "html": lambda plan: text_of(render_html(plan)),
}
NASTY = "<script>alert(1)</script>|\x1b[2J`*\nnew line"


class _Text(HTMLParser):
    """Collects what a reader of a page sees, and the names of its tags."""

    def __init__(self):
        super().__init__()
        self.texts, self.tags = [], set()

    def handle_starttag(self, tag, _attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.texts.append(data)


def text_of(page):
    parser = _Text()
    parser.feed(page)
    return " ".join(parser.texts)


@pytest.fixture
def plan():
    sandbox = new_sandbox()
    actions = ("cancel_booking_via_uid", "edit_event_type_by_id")
    return built(sandbox, *(SCENARIOS[a].request(sandbox, a) for a in actions)).plan


@pytest.mark.parametrize("name", RENDERINGS)
def test_rendering_says_what_a_reviewer_must_know(plan, name):
    text = RENDERINGS[name](plan)

    for said in (
        digest_of(plan),
        "2 changes",
        "cancel_booking_via_uid",
        "irreversible",
        "cancelled: ada@example.com",
        "BOOKING_CANCELLED",
        "ingrid.halvorsen@example.com: event removed",
        "impossible: a cancelled booking cannot come back",
        "mails cannot be unsent",
        "a paid booking may be refunded",
        "afterEventBuffer=10",
        "6 requests, about 1 minutes",
        "recorded",
        "Asked for in a test",
        '/cancel {"cancellationReason":',
        'PATCH /v2/event-types/5001 {"afterEventBuffer":10,',
        "status one of",
        "start is unchanged",
    ):
        assert said in text, said


@pytest.mark.parametrize("name", RENDERINGS)
def test_rendering_says_that_a_plan_is_blocked(plan, name):
    blocked = replace(plan, breaches=(Breach(guard="per_host", message="Too many."),))

    text = RENDERINGS[name](blocked)

    assert "Blocked: this plan cannot be approved" in text
    assert "Too many." in text


@pytest.mark.parametrize("name", RENDERINGS)
def test_rendering_names_the_plan_that_it_takes_back_or_is_part_of(plan, name):
    text = RENDERINGS[name](replace(plan, undoes="a" * 64, part_of="b" * 64))

    assert "Takes back plan aaaaaaaaaaaa" in text
    assert "Part of plan bbbbbbbbbbbb" in text


def test_html_escapes_what_people_wrote():
    page = render_html(plan_of(change_of(reason=NASTY), reason=NASTY))

    parser = _Text()
    parser.feed(page)
    assert "script" not in parser.tags
    assert "<script>alert(1)</script>" in " ".join(parser.texts)


def test_text_obeys_no_control_characters():
    text = render_text(plan_of(change_of(reason=NASTY)))

    assert "\x1b" not in text
    assert "alert(1)" in text


def test_markdown_table_keeps_its_shape():
    page = render_markdown(plan_of(change_of(reason=NASTY)))

    rows = [line for line in page.splitlines() if line.startswith("| 1 |")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 13


def test_long_plan_is_cut_in_a_terminal_and_says_so():
    changes = [change_of(target={"bookingUid": f"uid{number}"}) for number in range(60)]

    text = render_text(plan_of(*changes))

    assert "… and 10 more; --output shows all" in text
    assert "uid59" not in text
    assert "uid59" in render_markdown(plan_of(*changes))


def test_undo_that_loses_something_says_what():
    undo = Undo(action="create_webhook_subscription", losses=("its id",))

    text = render_text(plan_of(change_of(undo=undo, effects=Effects())))

    assert "create_webhook_subscription (not: its id)" in text
    assert "nobody" in text
