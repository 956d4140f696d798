"""The wide views of answers: what they show, what they are called, and whose views they leave."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.answer_views import answer_views, refresh_answer_views
from pipelines.models import build_models
from pipelines.warehouse import Warehouse

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
SELECT = ["+dim_event_type_versions", "+dim_event_types"]
TYPES = [(1, "Tea Time"), (2, "tea-time"), (3, "tea-time-2"), (4, "empty")]
QUESTIONS = [
    (1, "name", 0, None),
    (1, "what-for", 1, "What for?"),
    (1, "what_for", 2, "Again"),
    (1, "bookingUid", 3, "Old booking"),
    (1, "topics", 4, "Topics"),
    (2, "notes", 0, "Notes"),
    (3, "notes", 0, "Notes"),
]
ANSWERS = [
    ("a", "cleo@example.com", "name", None, '{"firstName": "Cleo", "lastName": "Ho"}'),
    ("a", "cleo@example.com", "what-for", "tea", '"tea"'),
    ("a", "cleo@example.com", "topics", None, '["say \\"hi\\"", 7]'),
    ("a", "dan@example.com", "what_for", "no idea", '"no idea"'),
    ("a", "dan@example.com", "topics", None, "[]"),
    ("b", "eve@example.com", "notes", "other event type", None),
]


@pytest.fixture
def warehouse(location):
    """A warehouse with a few event types, their questions and answers, and its models built."""
    with Warehouse.open(location) as opened:
        for number, slug in TYPES:
            opened.execute(
                "insert into raw.event_types (id, slug, title) values ($id, $slug, $slug)",
                {"id": number, "slug": slug},
            )
        for number, slug, position, label in QUESTIONS:
            opened.execute(
                "insert into raw.event_type_booking_fields (event_type_id, slug, ordinal, "
                "position, label) values ($id, $slug, 1, $position, $label)",
                {"id": number, "slug": slug, "position": position, "label": label},
            )
        for uid, number in (("a", 1), ("b", 2)):
            opened.execute(
                'insert into raw.bookings (uid, status, start, "end", created_at, event_type_id) '
                "values ($uid, 'accepted', $at, $at, $at, $number)",
                {"uid": uid, "number": number, "at": AS_OF},
            )
        for uid, email, slug, text, value in ANSWERS:
            opened.execute(
                "insert into raw.booking_answers (booking_uid, email, ordinal, slug, value_text, "
                f"value) values ($uid, $email, 1, $slug, $text, {opened.dialect.json('$value')})",
                {"uid": uid, "email": email, "slug": slug, "text": text, "value": value},
            )
        for table in ("event_types", "event_type_booking_fields", "bookings", "booking_answers"):
            opened.execute(f"update raw.{table} set _valid_from = $at", {"at": AS_OF})
        assert build_models(opened, as_of=AS_OF, select=SELECT, clock=lambda: AS_OF).ok
        yield opened


def test_answer_views_have_a_row_per_respondent_and_a_column_per_question(warehouse):
    warehouse.execute("create table marts.answers_empty as select 1 as mine")

    assert refresh_answer_views(warehouse) == 3

    names = {view.event_type_id: view.name for view in answer_views(warehouse)}
    assert names == {1: "answers_tea_time", 2: "answers_tea_time_2", 3: "answers_tea_time_2_3"}
    rows = warehouse.rows("select * from marts.answers_tea_time order by respondent_email")
    assert tuple(rows[0]) == (
        *("booking_uid", "respondent_email", "respondent_ordinal"),
        *("name", "what_for", "what_for_answer", "booking_uid_answer", "topics"),
    )
    assert [tuple(row.values()) for row in rows] == [
        ("a", "cleo@example.com", 1, "Cleo Ho", "tea", None, None, 'say "hi", 7'),
        ("a", "dan@example.com", 1, None, None, "no idea", None, None),
    ]
    # a view on a table that a build replaces would make Postgres refuse
    assert build_models(warehouse, as_of=AS_OF, select=SELECT, whole=True, clock=lambda: AS_OF).ok
    assert len(warehouse.rows("select * from marts.answers_tea_time")) == 2


def test_refresh_makes_what_changed_drops_what_is_gone_and_leaves_what_is_not_its_own(warehouse):
    warehouse.execute("create view marts.answers_tea_time as select 1 as mine")
    assert refresh_answer_views(warehouse) == 3
    assert refresh_answer_views(warehouse) == 0

    warehouse.execute("delete from raw.event_type_booking_fields where event_type_id = 3")
    warehouse.execute("update raw.event_type_booking_fields set slug = 'x' where slug = 'notes'")

    assert refresh_answer_views(warehouse) == 2
    assert warehouse.column_names("marts", "answers_tea_time_2")[-1] == "x"
    assert warehouse.column_names("marts", "answers_tea_time_2_3") == []
    assert warehouse.rows("select * from marts.answers_tea_time") == [{"mine": 1}]
    assert "topics" in warehouse.column_names("marts", "answers_tea_time_1")
