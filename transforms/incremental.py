"""How much of a model a build has to compute again: all, some partitions, or nothing.

Every build remembers, model by model, a version of what it made: a digest of the query, of the
versions of everything it reads and, where the query names it, of the moment. Equal versions mean
equal rows; an input whose changes nobody can tell has no version, and its readers are built whole.

    kept         nothing that it reads changed, or none of its rows did
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

from transforms import partitions
from transforms.engine import Kind, changed_of
from transforms.functions import functions_digest
from transforms.history import changed_rows, rows_since
from transforms.promises import read_promise
from transforms.render import render
from transforms.results import How

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from transforms.engine import Engine
    from transforms.model import Model
    from transforms.project import Project

TOLD_ANEW = "its descriptions or checks changed"
"""Why a model is built anew that has the rows it had: what is said of them differs."""

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
        parents: Versions of the tables that its `relationships` checks looked at.
        warned: Checks that failed and only warned; the next build looks at all rows again.
        text: Digest of the file and of what engine functions become: where it is the same, so is
            `digest`, which costs more.
    """

    version: str
    digest: str
    as_of: str
    inputs: Mapping[str, str]
    told: str = ""
    parents: Mapping[str, str] = field(default_factory=dict)
    warned: Sequence[str] = ()
    text: str = ""

    def encode(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what `encode` wrote."""
        return cls(**json.loads(text))

    def is_of_the_same(self, old: BuiltFrom) -> bool:
        """True where both were built by one query from rows that are known to be equal."""
        if self.version and self.version == old.version:
            return True
        known = bool(old.version) and all(self.inputs.values())
        return known and (self.digest, self.as_of, self.inputs) == (
            old.digest,
            old.as_of,
            dict(old.inputs),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What a build does with one model.

    Attributes:
        how: Whole, partitions or kept.
        why: The reason, for people.
        built_from: What it will have been built from.
        touched: Query of the partitions to recompute; only with `partitions`, and not of a view.
        rows: Query of the rows that are new in them; of a view, of the rows that came.
        changed: Query of the rows that came or went, where other models follow them.
    """

    how: How
    why: str
    built_from: BuiltFrom
    touched: exp.Query | None = None
    rows: exp.Query | None = None
    changed: exp.Query | None = None


@dataclass
class Ledger:
    """Decides for each model of one build, in an order in which inputs come first.

    Attributes:
        project: The project.
        engine: Where it is built.
        as_of: The moment that `:as_of` stands for.
        catalog: Columns of the warehouse's tables before the build.
        watermarks: View → how far the history behind it had come before the build.
        chosen: Names of the models that are built.
        before: What each model was last built from.
        steps: What was decided.
    """

    project: Project
    engine: Engine
    as_of: datetime
    catalog: Mapping[str, Mapping[str, str]]
    watermarks: Mapping[str, str]
    chosen: Collection[str]
    before: dict[str, BuiltFrom] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)

    def decide(self, model: Model, engine: Engine) -> Step:
        """Return and note what to do with `model`, asking the warehouse in the given session."""
        built_from = self._built_from(model)
        step = self._step(model, engine, built_from, self.before.get(model.name))
        if step.how is How.WHOLE and self._is_comparable(model, built_from):
            step = replace(step, changed=partitions.whole_difference(model))
        self.steps[model.name] = step
        return step

    def note_same_rows(self, model: Model) -> None:
        """Note that a model has the rows it had, so that its readers may be kept."""
        step, old = self.steps[model.name], self.before[model.name]
        same = replace(step.built_from, version=old.version)
        how = How.KEPT if step.how is How.PARTITIONS else step.how
        self.steps[model.name] = Step(how, f"{step.why}; its rows are the same", same)

    def note_warnings(self, model: Model, names: Sequence[str]) -> None:
        """Note the checks of a model that failed and only warn."""
        step = self.steps[model.name]
        built_from = replace(step.built_from, warned=tuple(names))
        self.steps[model.name] = replace(step, built_from=built_from)

    def current(self, name: str) -> str:
        """Return the version that a table has in this build; '' when it is not known."""
        if name in self.steps:
            return self.steps[name].built_from.version
        known = self.before.get(name)
        return known.version if known is not None and name in self.project.models else ""

    def changes(self, engine: Engine, name: str, since: str) -> exp.Query | None:
        """Return rows of a table that came or went since a version of it; None: cannot be told."""
        model = self.project.models.get(name)
        if model is None or not since or not self.current(name):
            return None
        old, step = self.before.get(name), self.steps.get(name)
        if step is not None and step.changed is not None and old and old.version == since:
            return partitions.all_of(changed_of(name))
        return changed_rows(engine, model, since) if model.header.history is not None else None

    def _built_from(self, model: Model) -> BuiltFrom:
        inputs = {name: self.current(name) for name in sorted(model.reads)}
        text, digest = self._digests(model)
        as_of = self.as_of.astimezone(UTC).isoformat() if model.names_as_of else ""
        if model.header.history is not None:
            version = self.watermarks.get(model.name, "")
        elif all(inputs.values()):
            version = _digest([digest, as_of, *(f"{n}={v}" for n, v in inputs.items())])
        else:
            version = ""
        parents = {name: self.current(name) for name in sorted(_parents(model))}
        return BuiltFrom(version, digest, as_of, inputs, _told(model), parents, text=text)

    def _digests(self, model: Model) -> tuple[str, str]:
        dialect, old = self.engine.dialect, self.before.get(model.name)
        text = _digest([model.text, functions_digest(dialect)])
        if old is not None and old.text == text:
            return text, old.digest
        query = render(model.query, dialect=dialect, as_of=_NO_MOMENT)
        parts = [query, model.header.materialized, *model.header.partition, *model.column_names]
        return text, _digest(parts)

    def _step(self, model: Model, engine: Engine, new: BuiltFrom, old: BuiltFrom | None) -> Step:
        if model.name not in self.catalog or old is None:
            return Step(How.WHOLE, "it was not built before", new)
        if old.digest != new.digest or not self._has_same_columns(model):
            return Step(How.WHOLE, "its query changed", new)
        if old.told != new.told:
            return Step(How.WHOLE, TOLD_ANEW, new)
        if not self.engine.replaces_partitions:
            return Step(How.WHOLE, "the engine replaces whole tables", new)
        if new.is_of_the_same(old):
            kept = replace(new, version=old.version)
            return Step(How.KEPT, "nothing that it reads changed", kept)
        if model.header.history is not None:
            return self._checked_rows(model, engine, new, old)
        if not model.header.materialized.is_incremental:
            return Step(How.WHOLE, _why(new, old), new)
        return self._partitions(model, engine, new, old)

    # A view needs no building; only the rows that came have to be checked.
    def _checked_rows(self, model: Model, engine: Engine, new: BuiltFrom, old: BuiltFrom) -> Step:
        known = bool(new.version and old.version)
        changed = changed_rows(engine, model, old.version) if known else None
        if changed is None:
            return Step(How.WHOLE, "its source's changes cannot be told", new)
        rows = rows_since(model, old.version)
        followed = changed if self._has_followers(model) else None
        why = "rows of its source changed"
        return Step(How.PARTITIONS, why, new, rows=rows, changed=followed)

    def _partitions(self, model: Model, engine: Engine, new: BuiltFrom, old: BuiltFrom) -> Step:
        partition = model.header.partition
        parts: list[exp.Query] = []
        for name in _changed(new, old):
            columns = model.header.touched.get(name)
            changes = self.changes(engine, name, old.inputs.get(name, "")) if columns else None
            if not columns or changes is None:
                return Step(How.WHOLE, f"{name} changed", new)
            parts.append(partitions.touched_by(changes, columns, partition))
        if new.as_of != old.as_of:
            if not model.header.moments:
                return Step(How.WHOLE, "the moment moved", new)
            parts += partitions.touched_by_time(model, old.as_of, new.as_of)
        touched: exp.Query = parts[0]
        for part in parts[1:]:
            touched = exp.union(touched, part, copy=False)
        rows = partitions.new_rows(model, self._in_parts(model))
        followed = self._has_followers(model)
        changed = partitions.partition_difference(model) if followed else None
        return Step(How.PARTITIONS, _why(new, old), new, touched, rows, changed)

    def _in_parts(self, model: Model) -> dict[str, Model]:
        return {
            name: self.project.models[name]
            for name in model.reads
            if name in self.steps and self.steps[name].touched is not None
        }

    # Where its shadow can be compared with the visible table, and somebody profits.
    def _is_comparable(self, model: Model, new: BuiltFrom) -> bool:
        old = self.before.get(model.name)
        if model.header.materialized is Kind.VIEW or not self.engine.replaces_partitions:
            return False
        if old is None or not old.version or old.digest != new.digest:
            return False
        return self._has_same_columns(model) and self._has_followers(model)

    def _has_same_columns(self, model: Model) -> bool:
        return tuple(self.catalog.get(model.name, ())) == model.column_names

    def _has_followers(self, model: Model) -> bool:
        readers = (self.project.models[name] for name in self.chosen)
        return any(
            reader.header.materialized.is_incremental
            and model.name in reader.reads | _parents(reader)
            for reader in readers
        )


def _parents(model: Model) -> set[str]:
    targets = (read_promise(check).target for check in model.checks)
    return {target.table for target in targets if target is not None} - {model.name}


def _told(model: Model) -> str:
    described = (f"{column} {comment}" for column, comment in model.comments.items())
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
