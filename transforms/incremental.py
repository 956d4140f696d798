"""How much of a model a build has to compute again: all, some partitions, or nothing.

Every build remembers, model by model, a version of what it made: a digest of the query, of the
versions of everything it reads and, where the query names it, of the moment. Equal versions mean
equal rows; an input whose changes nobody can tell has no version, and its readers are built whole.

    kept         its version is the one that is already visible
    partitions   it is incremental, and every input that changed says which partitions it touches
                 (`touched`) and which of its rows, old and new, came or went
    whole        everything else

A partition is recomputed from all input rows that belong to it, so an incremental build gives the
rows of a whole one if rows of a partition depend on no other partition's input rows. That is what
`touched` claims, and what the property tests of a project are for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from sqlglot import exp

from transforms.engine import Kind, rows_of, shadow_of, touched_of
from transforms.history import changed_rows, read_watermark
from transforms.render import VISIBLE, render
from transforms.results import How

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from transforms.engine import Engine
    from transforms.model import Model
    from transforms.project import Project

_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BuiltFrom:
    """What a model was built from; remembered with its table.

    Attributes:
        version: Names the model's rows; '' where an input has no version.
        digest: Of the query as the engine runs it, and of the header's part in building it.
        as_of: The build's moment where the query names it, else ''.
        inputs: Versions of the tables that it reads.
        told: Digest of what the header says about the rows: descriptions and checks. They say
            nothing to readers, but only a build pushes the ones and runs the others.
    """

    version: str
    digest: str
    as_of: str
    inputs: Mapping[str, str]
    told: str = ""

    def encode(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what `encode` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Step:
    """What a build does with one model.

    Attributes:
        how: Whole, partitions or kept.
        why: The reason, for people.
        built_from: What it will have been built from.
        touched: Query of the partitions to recompute; only with `partitions`, and not of a view.
        rows: Query of the rows that are new in them; of a view, of the rows that changed.
    """

    how: How
    why: str
    built_from: BuiltFrom
    touched: exp.Query | None = None
    rows: exp.Query | None = None


@dataclass
class Ledger:
    """Decides for each model of one build, in an order in which inputs come first."""

    project: Project
    engine: Engine
    as_of: datetime
    catalog: Mapping[str, Mapping[str, str]]
    chosen: Collection[str]
    before: dict[str, BuiltFrom] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)

    def decide(self, model: Model, engine: Engine) -> Step:
        """Return and note what to do with `model`, asking the warehouse in the given session."""
        built_from = self._built_from(model, engine)
        step = self._step(model, engine, built_from, self.before.get(model.name))
        self.steps[model.name] = step
        return step

    def note_same_rows(self, model: Model) -> None:
        """Note that a model built whole has the rows it had, so that its readers may be kept."""
        step, old = self.steps[model.name], self.before[model.name]
        new = step.built_from
        same = replace(new, version=old.version)
        self.steps[model.name] = Step(step.how, f"{step.why}; its rows are the same", same)

    def difference(self, model: Model) -> exp.Query | None:
        """Return a query of the rows that differ between a table and its shadow, from both sides.

        None where they cannot be compared, or nobody would profit.
        """
        old = self.before.get(model.name)
        if model.header.materialized is Kind.VIEW or old is None or not old.version:
            return None
        if not self._has_readers_by_partition(model) or not self._has_same_columns(model):
            return None
        return _both_ways(model.name, model.column_names)

    def _built_from(self, model: Model, engine: Engine) -> BuiltFrom:
        inputs = {name: self._current(name) for name in sorted(model.reads)}
        query = render(model.query, dialect=self.engine.dialect, as_of=_NO_MOMENT)
        parts = [query, model.header.materialized, *model.header.partition, *model.column_names]
        digest = _digest(parts)
        as_of = self.as_of.astimezone(UTC).isoformat() if model.names_as_of else ""
        if model.header.history is not None:
            version = self._watermark(model, engine)
        elif all(inputs.values()):
            version = _digest([digest, as_of, *(f"{n}={v}" for n, v in inputs.items())])
        else:
            version = ""
        return BuiltFrom(version, digest, as_of, inputs, _told(model))

    def _current(self, name: str) -> str:
        """The version that a table has in this build."""
        if name in self.steps:
            return self.steps[name].built_from.version
        known = self.before.get(name)
        return known.version if known is not None and name in self.project.models else ""

    def _watermark(self, model: Model, engine: Engine) -> str:
        table = model.header.history[0] if model.header.history else ""
        return read_watermark(engine, model) if table in self.catalog else ""

    def _step(self, model: Model, engine: Engine, new: BuiltFrom, old: BuiltFrom | None) -> Step:
        if model.name not in self.catalog or old is None:
            return Step(How.WHOLE, "it was not built before", new)
        if old.digest != new.digest or not self._has_same_columns(model):
            return Step(How.WHOLE, "its query changed", new)
        if old.told != new.told:
            return Step(How.WHOLE, "its descriptions or checks changed", new)
        if not self.engine.replaces_partitions:
            return Step(How.WHOLE, "the engine replaces whole tables", new)
        if new.version and new.version == old.version:
            return Step(How.KEPT, "nothing that it reads changed", new)
        if model.header.history is not None:
            return self._checked_rows(model, engine, new, old)
        if not model.header.materialized.is_incremental:
            return Step(How.WHOLE, _why(new, old), new)
        return self._partitions(model, engine, new, old)

    # A view needs no building; only the rows that changed have to be checked.
    def _checked_rows(self, model: Model, engine: Engine, new: BuiltFrom, old: BuiltFrom) -> Step:
        changed = self._changes(engine, model.name, old.version) if new.version else None
        if changed is None:
            return Step(How.WHOLE, "its source's changes cannot be told", new)
        grain = model.header.grain
        rows = _within(model.query, changed, grain, grain)
        return Step(How.PARTITIONS, "rows of its source changed", new, rows=rows)

    def _partitions(self, model: Model, engine: Engine, new: BuiltFrom, old: BuiltFrom) -> Step:
        partition = model.header.partition
        parts: list[exp.Query] = []
        for name in _changed(new, old):
            columns = model.header.touched.get(name)
            changes = self._changes(engine, name, old.inputs.get(name, "")) if columns else None
            if not columns or changes is None:
                return Step(How.WHOLE, f"{name} changed", new)
            parts.append(_distinct(changes, columns, partition))
        if new.as_of != old.as_of:
            if not model.header.moments:
                return Step(How.WHOLE, "the moment moved", new)
            parts += _passed(model, old.as_of, new.as_of)
        touched: exp.Query = parts[0]
        for part in parts[1:]:
            touched = exp.union(touched, part)
        return Step(How.PARTITIONS, _why(new, old), new, touched, _recomputed(model))

    def _changes(self, engine: Engine, name: str, since: str) -> exp.Query | None:
        """Rows of an input that came or went since a version of it; None: cannot be told."""
        model = self.project.models.get(name)
        if model is None or not since or not self._current(name):
            return None
        if model.header.history is not None:
            return changed_rows(engine, model, since)
        old, step = self.before.get(name), self.steps.get(name)
        if old is None or step is None or old.version != since:
            return None
        if model.header.materialized is Kind.VIEW or not self._has_same_columns(model):
            return None
        if step.how is How.PARTITIONS:
            partition = model.header.partition
            gone = _within(
                exp.select("*").from_(_visible(name)), _all(touched_of(name)), partition, partition
            )
            return exp.union(gone, _all(rows_of(name)), distinct=False)
        return _both_ways(name, model.column_names)

    def _has_same_columns(self, model: Model) -> bool:
        return tuple(self.catalog.get(model.name, ())) == model.column_names

    def _has_readers_by_partition(self, model: Model) -> bool:
        return any(
            model.name in self.project.models[name].reads
            and self.project.models[name].header.materialized.is_incremental
            for name in self.chosen
        )


def _told(model: Model) -> str:
    described = (f"{column.name} {column.description}" for column in model.columns)
    checks = (f"{check.name} {check.blocking}" for check in model.checks)
    return _digest([model.header.description, *described, *checks])


def _why(new: BuiltFrom, old: BuiltFrom) -> str:
    changed = _changed(new, old)
    return f"{', '.join(changed)} changed" if changed else "the moment moved"


def _changed(new: BuiltFrom, old: BuiltFrom) -> list[str]:
    """Inputs that changed, or of which that cannot be told."""
    return [n for n, version in new.inputs.items() if not version or version != old.inputs.get(n)]


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _table(name: str) -> exp.Table:
    schema, _, bare = name.partition(".")
    return exp.table_(bare, db=schema, quoted=True)


def _all(name: str) -> exp.Select:
    return exp.select("*").from_(_table(name))


# The visible table is named as a shadow cannot be: readers of this build would get the shadow.
def _both_ways(name: str, columns: Sequence[str]) -> exp.Query:
    names = [exp.column(column, quoted=True) for column in columns]
    old = exp.select(*names).from_(_visible(name))
    new = exp.select(*names).from_(_table(shadow_of(name)))
    gone = exp.except_(old, new, distinct=False).subquery("gone")
    came = exp.except_(new, old, distinct=False).subquery("came")
    return exp.union(exp.select("*").from_(gone), exp.select("*").from_(came), distinct=False)


def _visible(name: str) -> exp.Table:
    table = _table(name)
    table.meta[VISIBLE] = True
    return table


def _same(
    left: str, left_columns: Sequence[str], right: str, right_columns: Sequence[str]
) -> exp.Expr:
    return exp.and_(
        *(
            exp.column(a, table=left, quoted=True).eq(exp.column(b, table=right, quoted=True))
            for a, b in zip(left_columns, right_columns, strict=True)
        )
    )


def _within(
    query: exp.Query, keys: exp.Query, columns: Sequence[str], key_columns: Sequence[str]
) -> exp.Select:
    """Rows of a query whose columns equal those of some row of `keys`."""
    matching = (
        exp
        .select("1")
        .from_(keys.copy().subquery("wanted"))
        .where(_same("wanted", key_columns, "candidate", columns))
    )
    return (
        exp.select("*").from_(query.copy().subquery("candidate")).where(exp.Exists(this=matching))
    )


def _distinct(changes: exp.Query, columns: Sequence[str], partition: Sequence[str]) -> exp.Query:
    selected = [
        exp.alias_(exp.column(column, table="changed", quoted=True), name, quoted=True)
        for column, name in zip(columns, partition, strict=True)
    ]
    known = [
        exp.column(column, table="changed", quoted=True).is_(exp.null()).not_()
        for column in columns
    ]
    return exp.select(*selected).distinct().from_(changes.subquery("changed")).where(*known)


# Rows whose moment lies between the builds, both included: right for any comparison with it. Of an
# input they are read as they are now: where they were different, the input's changes tell.
def _passed(model: Model, before: str, now: str) -> list[exp.Query]:
    low, high = (
        exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPTZ)
        for text in sorted((before, now), key=datetime.fromisoformat)
    )
    queries: list[exp.Query] = []
    for moment in model.header.moments:
        table, _, column = moment.rpartition(".")
        rows = exp.select("*").from_(_table(table) if table else _visible(model.name))
        passed = rows.where(exp.column(column, quoted=True).between(low, high))
        columns = model.header.touched[table] if table else model.header.partition
        queries.append(_distinct(passed, columns, model.header.partition))
    return queries


# The query over those input rows only that belong to touched partitions.
def _recomputed(model: Model) -> exp.Query:
    query, partition = model.query.copy(), model.header.partition
    touched = _all(touched_of(model.name))
    for table in list(query.find_all(exp.Table)):
        columns = model.header.touched.get(f"{table.db}.{table.name}")
        if columns:
            bare = exp.select("*").from_(_table(f"{table.db}.{table.name}"))
            kept = _within(bare, touched, columns, partition)
            table.replace(kept.subquery(table.alias_or_name))
    return _within(query, touched, partition, partition)
