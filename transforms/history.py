"""What changed in a view over a table whose every version is kept.

A header says `history: raw.orders_history(valid_from, valid_to)`: that table holds all versions of
the rows of the one table that the view reads, with the same columns. A build remembers the latest
of the two columns; at the next build, versions that began or ended after it are what changed. How
many had begun and ended by then is remembered too: where that number differs now, somebody rewrote
the past, or wrote twice at one instant, and no claim is made about what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transforms.engine import Engine
    from transforms.model import Model

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)  # how far an empty history has come


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a history had come.

    Attributes:
        latest: Latest begin or end of a version.
        begun: Versions that began by then.
        ended: Versions that ended by then.
    """

    latest: str
    begun: int
    ended: int

    def __str__(self) -> str:
        return f"{self.latest}|{self.begun}|{self.ended}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote."""
        latest, begun, ended = text.split("|")
        return cls(latest, int(begun), int(ended))


def read_watermarks(engine: Engine, models: Sequence[Model]) -> dict[str, str]:
    """Return how far the histories behind views have come: view → watermark, as text.

    One query asks for all of them.

    Args:
        engine: Where the histories are.
        models: Views with `history` in their headers.
    """
    if not models:
        return {}
    parts = " union all ".join(
        _sql(engine, _bounds(model, place)) for place, model in enumerate(models)
    )
    return {
        models[int(str(place))].name: str(
            Watermark(_latest(moments), int(str(begun)), int(str(ended)))
        )
        for place, *moments, begun, ended in engine.rows(parts)
    }


# No version begins or ends after the latest moment, so that those by then are all.
def _bounds(model: Model, place: int) -> exp.Select:
    table, columns = _history(model)
    found: list[exp.Expr] = [exp.Literal.number(place)]
    found += [made(this=column) for made in (exp.Max, exp.Count) for column in columns]
    return exp.select(*(exp.alias_(each, f"c{n}") for n, each in enumerate(found))).from_(table)


def _latest(moments: Sequence[object]) -> str:
    known = [moment.astimezone(UTC) for moment in moments if isinstance(moment, datetime)]
    return max(known, default=_BEGINNING).isoformat(sep=" ")


def changed_rows(engine: Engine, model: Model, since: str) -> exp.Query | None:
    """Return a query over the versions that came or went since a watermark, as the view has them.

    Args:
        engine: Where the history is.
        model: A view with `history` in its header.
        since: A watermark of an earlier build.

    Returns:
        The query, or None when the past was rewritten.
    """
    then = Watermark.parse(since)
    if _counts(engine, model, then.latest) != (then.begun, then.ended):
        return None
    table, (begin, end) = _history(model)
    moment = _moment(then.latest)
    came = exp.select(exp.Star()).from_(table).where(begin > moment)
    # not one condition with 'or': engines skip blocks of a table by one column at a time
    went = exp.select(exp.Star()).from_(table.copy()).where(exp.and_(end > moment, begin <= moment))
    return _as_the_view(model, exp.union(came, went, distinct=False))


def rows_since(model: Model, since: str) -> exp.Query:
    """Return a query over the rows of a view that were not there, or not so, at a watermark."""
    table, (begin, end) = _history(model)
    moment = _moment(Watermark.parse(since).latest)
    standing = exp.and_(begin > moment, end.is_(exp.null()))
    return _as_the_view(model, exp.select(exp.Star()).from_(table).where(standing))


def _as_the_view(model: Model, versions: exp.Query) -> exp.Query:
    query = model.query.copy()
    for source in list(query.find_all(exp.Table)):
        source.replace(versions.copy().subquery(source.alias_or_name))
    return query


def _history(model: Model) -> tuple[exp.Table, tuple[exp.Column, exp.Column]]:
    if model.header.history is None:
        raise ValueError(model.name)
    name, (begin, end) = model.header.history
    schema, _, bare = name.partition(".")
    return exp.table_(bare, db=schema, quoted=True), (_column(begin), _column(end))


def _counts(engine: Engine, model: Model, latest: str) -> tuple[int, int]:
    """Versions that had begun, and that had ended, at a moment."""
    table, columns = _history(model)
    moment = _moment(latest)
    counts = [
        exp.alias_(
            exp.Count(this=exp.case().when(column <= moment, exp.Literal.number(1))), f"c{n}"
        )
        for n, column in enumerate(columns)
    ]
    row = engine.rows(_sql(engine, exp.select(*counts).from_(table)))[0]
    return int(str(row[0])), int(str(row[1]))


def _moment(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPTZ)


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _sql(engine: Engine, query: exp.Query) -> str:
    return query.sql(dialect=engine.dialect)
