"""One wide view per event type: a row per respondent, a column per question.

`marts.fct_booking_answers` holds all answers in one long form, which suits no reader who wants a
question as a column. Which questions there are is data, so these views cannot be models: they are
made after a build, `marts.answers_<slug>`, from the questions that each event type asks now.

They read `raw` and not `marts`, because Postgres refuses to replace a table that a view reads.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.sql_text import literal, quoted
from transforms.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipelines.warehouse import Warehouse

_FIXED: Final = {
    "booking_uid": "text; the booking",
    "respondent_email": "text; personal; who answered; empty when Cal.com does not say",
    "respondent_ordinal": "number; tells repeats of one e-mail in a booking apart",
}
_PARTS: Final = ("firstName", "lastName", "value", "optionValue")
_MARK: Final = re.compile(r"\[cal-warehouse ([0-9a-f]{16})\]$")
_LONGEST: Final = 48  # leaves room for a number within the 63 bytes that Postgres keeps
_TYPES: Final = """
    select v.event_type_id, t.slug, t.title, t.is_visible
    from marts.dim_event_type_versions as v
    join marts.dim_event_types as t on v.event_type_id = t.event_type_id
    where v.version_number = 1 and t.slug is not null
    order by v.seen_at nulls first, v.event_type_id
"""
_QUESTIONS: Final = """
    select event_type_id, slug, label, min(position) as place
    from raw.event_type_booking_fields
    group by event_type_id, slug, label
    order by event_type_id, place, slug
"""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A wide view as it should be.

    Attributes:
        name: Its name in schema `marts`.
        event_type_id: The event type whose answers it shows.
        title: The event type's title.
        questions: Column → slug and label of the question, in the event type's order.
    """

    name: str
    event_type_id: int
    title: str
    questions: dict[str, tuple[str, str]]


def refresh_answer_views(warehouse: Warehouse) -> int:
    """Make the wide views what the event types of the last build ask for.

    Views of event types that are gone are dropped; a view or table of somebody else's with such a
    name stays as it is, and the event type's view gets another name.

    Args:
        warehouse: The open warehouse, just after a build of all models.

    Returns:
        How many views were made anew or dropped.
    """
    marks = {
        row["name"]: found[1] if (found := _MARK.search(row["comment"] or "")) else ""
        for row in warehouse.rows(warehouse.dialect.views, {"schema": "marts"})
    }
    taken = {name for name in _relations(warehouse) if not marks.get(name)}
    views = list(answer_views(warehouse, taken))
    made = {view.name: _statements(warehouse, view) for view in views}
    stale = [name for name, mark in marks.items() if mark and name not in made]
    changed = [name for name, (mark, _) in made.items() if marks.get(name) != mark]
    with warehouse.transaction():
        for name in (*stale, *(name for name in changed if marks.get(name))):
            warehouse.execute(f"drop view {quoted('marts', name)}")
        for name in changed:
            for statement in made[name][1]:
                warehouse.execute(statement)
    return len(stale) + len(changed)


def answer_views(warehouse: Warehouse, taken: Iterable[str] = ()) -> Iterator[AnswerView]:
    """Yield the wide views that a warehouse should have.

    Whoever of several event types with one slug was seen first keeps the plain name, also after it
    is gone; the others have their number behind it. So a name never comes to mean something else.

    Args:
        warehouse: The open warehouse, with its models built.
        taken: Names that are not to be used.
    """
    asked: dict[int, list[tuple[str, str]]] = {}
    for row in warehouse.rows(_QUESTIONS):
        asked.setdefault(row["event_type_id"], []).append((row["slug"], row["label"] or ""))
    used = set(taken)
    for row in warehouse.rows(_TYPES):
        number = row["event_type_id"]
        name = _free(f"answers_{_plain(row['slug'])}", used, f"_{number}")
        if row["is_visible"] and number in asked:
            columns = set(_FIXED)
            questions = {
                _free(_plain(slug), columns, "_answer"): (slug, label)
                for slug, label in dict(asked[number]).items()
            }
            yield AnswerView(name, number, row["title"], questions)


def _relations(warehouse: Warehouse) -> set[str]:
    rows = warehouse.rows(
        "select table_name from information_schema.tables where table_schema = 'marts' "
        "and table_catalog = current_database()"
    )
    return {row["table_name"] for row in rows}


def _plain(slug: str) -> str:
    """A slug as the ending of a name: lower case, digits and underscores, not too long."""
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", slug).lower())
    return plain.strip("_")[:_LONGEST].rstrip("_") or "unnamed"


def _free(name: str, used: set[str], ending: str) -> str:
    while name in used:
        name += ending
    used.add(name)
    return name


def _statements(warehouse: Warehouse, view: AnswerView) -> tuple[str, list[str]]:
    """The digest of a view and what makes it with its comments."""
    name = quoted("marts", view.name)
    comments = _FIXED | {
        column: f"text; personal; answer to '{label or slug}'"
        for column, (slug, label) in view.questions.items()
    }
    made = [
        f"create view {name} as {_query(warehouse, view)}",
        *(
            f"comment on column {name}.{quoted(column)} is {literal(comment)}"
            for column, comment in comments.items()
        ),
    ]
    told = f"Answers to the questions of '{view.title}' (event type {view.event_type_id})"
    digest = hashlib.sha256("\x1f".join((told, *made)).encode()).hexdigest()[:16]
    about = f"{told}: one row per respondent, several choices in one text. [cal-warehouse {digest}]"
    return digest, [*made, f"comment on view {name} is {literal(about)}"]


def _query(warehouse: Warehouse, view: AnswerView) -> str:
    columns = ", ".join(
        f"max(case when slug = {literal(slug)} then answer end) as {quoted(column)}"
        for column, (slug, _) in view.questions.items()
    )
    return (
        "with answers as (select a.booking_uid, a.email, a.ordinal, a.slug, "
        f"{_answer(warehouse.dialect.name)} as answer "
        "from raw.booking_answers as a join raw.bookings as b on a.booking_uid = b.uid "
        f"where b.event_type_id = {view.event_type_id}) "
        "select booking_uid, email as respondent_email, ordinal as respondent_ordinal, "
        f"{columns} from answers group by booking_uid, email, ordinal"
    )


# A text as it is; the choices of a list; the parts of a name or place.
def _answer(dialect: str) -> str:
    def call(function: str, **arguments: str) -> str:
        return FUNCTIONS[function].forms[dialect].format_map(arguments)

    items = call("json_items", document="a.value")
    item = call("json_scalar", document="items.item")
    parts = ", ".join(call("json_text", document="a.value", key=literal(part)) for part in _PARTS)
    return (
        "coalesce(nullif(a.value_text, ''), "
        f"(select string_agg({item}, ', ' order by items.place) from {items} as items (place, item)"
        f"), nullif(concat_ws(' ', {parts}), ''))"
    )
