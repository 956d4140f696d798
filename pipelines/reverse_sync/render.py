"""A plan for people: terminal, Markdown and HTML; machines take its canonical JSON.

Every rendering is made of the same sections, so that none shows less than another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from cal_source.catalogue import operation
from pipelines.reverse_sync.plan import Rule, canonical, digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.reverse_sync.plan import Change, Condition, Plan

_SHORT: Final = 12
_PEOPLE_SHOWN: Final = 20
_VALUE_SHOWN: Final = 60
_NARROW: Final = 4
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}"
    "td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "th{border-bottom:2px solid #666}.breach{color:#a00}td,dd{overflow-wrap:anywhere}"
    "article{border-top:1px solid #ccc;padding:.5rem 0}h3{margin:0 0 .3rem;font-size:1em}"
    "dl{display:grid;grid-template-columns:8rem 1fr;gap:.1rem 1rem;margin:0}dd{margin:0}"
    "dt{color:#666}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a rendering: a title, lines of text, and a table.

    Attributes:
        title: Its title.
        lines: Text above the table.
        columns: Names of the table's columns; empty without a table.
        rows: Its rows, the first ones where not all were asked for.
        row_count: How many there are.
        is_warning: Whether it tells of something that blocks.
    """

    title: str
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    row_count: int = 0
    is_warning: bool = False


def sections(plan: Plan, most: int | None = None) -> tuple[Section, ...]:
    """Return what there is to say about a plan, in reading order.

    Args:
        plan: The plan.
        most: Of how many changes; None for all.
    """
    return (
        _summary(plan),
        *_breaches(plan),
        _totals(plan),
        _changes(plan, most),
        *_lasting(plan),
        *_people(plan),
    )


def render_text(plan: Plan, most: int = 50) -> str:
    """Return a plan for a terminal: small tables aligned, of a wide one a block for each row.

    Args:
        plan: The plan.
        most: Rows of a table to show; the title says how many there are.
    """
    parts = []
    for section in sections(plan, most):
        parts.append(f"{section.title}\n{'-' * len(section.title)}")
        parts += section.lines
        rows = section.rows[:most]
        if len(section.columns) > _NARROW:
            parts += [_block(section.columns, row) for row in rows]
        elif section.columns:
            parts.append(_aligned(section.columns, rows))
        hidden = max(section.row_count, len(section.rows)) - most
        if hidden > 0:
            parts.append(f"… and {hidden} more; --output shows all")
        parts.append("")
    return "\n".join(parts)


def render_markdown(plan: Plan) -> str:
    """Return a plan as Markdown, for a review in git."""
    parts = []
    for number, section in enumerate(sections(plan)):
        parts.append(f"{'#' if number == 0 else '##'} {_cell(section.title)}\n")
        parts += [f"{_cell(line)}  " for line in section.lines]
        if section.columns:
            head = " | ".join(section.columns)
            rule = " | ".join("---" for _ in section.columns)
            rows = [" | ".join(_cell(value) for value in row) for row in section.rows]
            parts += ["", *(f"| {row} |" for row in (head, rule, *rows))]
        parts.append("")
    return "\n".join(parts)


def render_html(plan: Plan) -> str:
    """Return a plan as one HTML page without scripts; everything in it is escaped."""
    parts = []
    for number, section in enumerate(sections(plan)):
        level = "h1" if number == 0 else "h2"
        mark = ' class="breach"' if section.is_warning else ""
        parts.append(f"<{level}{mark}>{escape(section.title)}</{level}>")
        parts += [f"<p>{escape(line)}</p>" for line in section.lines]
        if len(section.columns) > _NARROW:
            parts += [_article(section.columns, row) for row in section.rows]
        elif section.columns:
            parts.append(_table(section.columns, section.rows))
    title = escape(sections(plan)[0].title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = ("".join(f"<td>{escape(value)}</td>" for value in row) for row in rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _article(columns: Sequence[str], row: Sequence[str]) -> str:
    """Return a row of a wide table as a part of its own, what is empty left out."""
    cells = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        for name, value in zip(columns[1:], row[1:], strict=True)
        if value
    )
    return f"<article><h3>{escape(row[0])}.</h3><dl>{cells}</dl></article>"


def _summary(plan: Plan) -> Section:
    totals = plan.totals
    lines = [
        f"Digest {digest_of(plan)}",
        f"For {plan.account.base_url}, user {plan.account.user_id}"
        + (
            f", organisation {plan.account.organization_id}" if plan.account.organization_id else ""
        ),
        f"By {plan.author}: {plan.reason or 'no reason given'}",
        (
            f"{totals.requests} requests, about {totals.minutes} minutes at "
            f"{totals.requests_per_minute} a minute"
        ),
        (
            f"{sum(totals.already_so.values())} dropped because Cal.com is so already, "
            f"{totals.rejected} faults in requests that were refused"
        ),
    ]
    if plan.undoes:
        lines.append(f"Takes back plan {plan.undoes[:_SHORT]}")
    if plan.part_of:
        lines.append(f"Part of plan {plan.part_of[:_SHORT]}")
    if plan.repeats:
        lines.append(f"Repeats plan {plan.repeats[:_SHORT]}, which was applied before")
    noun = "change" if len(plan.changes) == 1 else "changes"
    return Section(f"Plan {digest_of(plan)[:_SHORT]}: {len(plan.changes)} {noun}", tuple(lines))


def _breaches(plan: Plan) -> tuple[Section, ...]:
    if not plan.breaches:
        return ()
    rows = tuple(
        (one.guard, one.message, ", ".join(one.change_ids[:_PEOPLE_SHOWN])) for one in plan.breaches
    )
    title = "Blocked: this plan cannot be approved"
    return (Section(title, (), ("guard", "why", "changes"), rows, is_warning=True),)


def _totals(plan: Plan) -> Section:
    flags = {
        action: ", ".join(sorted({f for c in plan if c.action == action for f in c.flags}))
        for action in plan.totals.by_action
    }
    evidence = {change.action: change.evidence for change in plan}
    rows = tuple(
        (action, str(count), flags[action], evidence[action])
        for action, count in sorted(plan.totals.by_action.items())
    )
    return Section("Actions", (), ("action", "changes", "flags", "evidence"), rows)


def _changes(plan: Plan, most: int | None) -> Section:
    columns = (
        *("#", "id", "action", "target", "about", "request", "before", "after"),
        *("only if", "who is told", "undo", "why"),
    )
    shown = enumerate(plan.changes[:most], 1)
    rows = tuple((str(number), *_change_row(change)) for number, change in shown)
    return Section("Changes, in order", (), columns, rows, len(plan.changes))


def _change_row(change: Change) -> tuple[str, ...]:
    told = [f"{mail.kind}: {mail.to}" for mail in change.effects.mails]
    told += change.effects.webhooks
    told += change.effects.calendars
    before, after = _compared(change)
    return (
        change.id,
        change.action,
        _named(change.target | change.query),
        _about(change),
        _request(change),
        before,
        after,
        "; ".join(_condition(one) for one in change.precondition),
        "; ".join(told) or "nobody",
        _undo(change),
        "; ".join(part for part in (change.reason, change.requested_by, change.source) if part),
    )


def _about(change: Change) -> str:
    """Return which booking it is, as people know it: when, and with whom."""
    touched = change.touched
    people = [*touched.hosts, *(person.email for person in touched.attendees)]
    return ", ".join(part for part in (touched.starts_at, *people) if part)


def _request(change: Change) -> str:
    """Return the request as it will be sent, references unresolved and nothing left out."""
    row = operation(change.action)
    path = row.path
    for name in row.path_parameters:
        path = path.replace(f"{{{name}}}", str(change.target[name]))
    query = "&".join(f"{name}={value}" for name, value in sorted(change.query.items()))
    address = f"{row.method} {path}{'?' if query else ''}{query}"
    return address if change.body is None else f"{address} {canonical(change.body).decode()}"


def _condition(condition: Condition) -> str:
    """Return a condition in words; what must be unchanged is known by its digest only."""
    has_value = condition.value is not None and condition.rule is not Rule.UNCHANGED
    value = f" {_shown(condition.value)}" if has_value else ""
    return f"{condition.field or 'it'} {condition.rule}{value}"


def _compared(change: Change) -> tuple[str, str]:
    before = change.before or {}
    after = change.after
    if after is None:
        return _named(before), "gone" if change.before else _named(change.body or {})
    return _named({name: before.get(name) for name in after}), _named(after)


def _undo(change: Change) -> str:
    if not change.undo.action:
        return f"impossible: {'; '.join(change.undo.losses)}"
    losses = f" (not: {'; '.join(change.undo.losses)})" if change.undo.losses else ""
    return f"{change.undo.action}{losses}"


def _lasting(plan: Plan) -> tuple[Section, ...]:
    lasting = Counter(text for change in plan for text in change.effects.lasting)
    costs = Counter(text for change in plan for text in change.effects.costs)
    rows = [(text, "stays", str(count)) for text, count in sorted(lasting.items())]
    rows += [(text, "costs", str(count)) for text, count in sorted(costs.items())]
    if not rows:
        return ()
    title = "What cannot be undone, and what it costs"
    return (Section(title, (), ("what", "kind", "changes"), tuple(rows)),)


def _people(plan: Plan) -> tuple[Section, ...]:
    totals = plan.totals
    rows = [
        (email, "host", str(count), str(totals.changes_by_host.get(email, 0)))
        for email, count in totals.mails_by_host.items()
    ]
    rows += [(email, "attendee", str(n), "") for email, n in totals.mails_by_attendee.items()]
    if not rows:
        return ()
    rows.sort(key=lambda row: (-int(row[2]), row[0]))
    hidden = len(rows) - _PEOPLE_SHOWN
    lines = (f"and {hidden} more people, in ops.plan_people",) if hidden > 0 else ()
    columns = ("address", "role", "mails", "changes")
    return (Section("Mails by person", lines, columns, tuple(rows[:_PEOPLE_SHOWN])),)


def _named(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in sorted(values.items()))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}…"


def _cell(text: str) -> str:
    """Return text that Markdown shows as it is, in one line."""
    escaped = "".join(f"\\{one}" if one in "|`*_<>[]#\\" else one for one in text)
    return " ".join(escaped.split())


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = [columns, *(tuple(_printable(value) for value in row) for row in rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    return "\n".join(
        "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def _block(columns: Sequence[str], row: Sequence[str]) -> str:
    """Return a row as lines, its number and name first, what is empty left out."""
    width = max(len(name) for name in columns)
    lines = [
        f"  {name.ljust(width)}  {_printable(value)}"
        for name, value in zip(columns[1:], row[1:], strict=True)
        if value
    ]
    return "\n".join([f"{row[0]}.", *lines])


def _printable(text: str) -> str:
    """Return text without what a terminal would obey."""
    return "".join(one if one.isprintable() else " " for one in text)
