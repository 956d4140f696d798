"""Builds one model after another in one session, and checks each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.checks import Scope
from transforms.engine import Engine, Kind, rows_of, shadow_of, touched_of
from transforms.errors import BuildError, EngineError
from transforms.personal import mask_key
from transforms.render import render
from transforms.results import CheckResult, How, ModelResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transforms.checks import Check
    from transforms.incremental import Ledger, Step
    from transforms.model import Model

_SAMPLE = 5
_ALL_ROWS = ""


@dataclass
class Plan:
    """What the workers of one build share; a model is noted before its readers begin.

    Attributes:
        ledger: Decides how much of a model is built.
        clock: Seconds that never go back.
        shadowed: Models that are in a shadow by now.
        failed: Models that failed or were skipped.
    """

    ledger: Ledger
    clock: Callable[[], float]
    shadowed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)


class Worker:
    """One session of a build."""

    def __init__(self, plan: Plan, engine: Engine) -> None:
        self._plan = plan
        self._engine = engine

    def build_model(self, model: Model) -> ModelResult:
        """Build and check one model in its shadow; skip it when something it reads failed.

        Raises:
            BuildError: The engine refused its query or one of its checks.
        """
        started = self._plan.clock()
        if model.needs & self._plan.failed:
            self._plan.failed.add(model.name)
            why = "something it needs failed"
            return ModelResult(model.name, None, 0.0, (), How.SKIPPED, why)
        try:
            step = self._plan.ledger.decide(model, self._engine)
            self._create(model, step)
            rows, checks = self._inspect(model, step)
        except EngineError as error:
            raise BuildError(model.name, model.path, error.reason) from error
        why = self._plan.ledger.steps[model.name].why
        seconds = self._plan.clock() - started
        result = ModelResult(model.name, rows, seconds, checks, step.how, why)
        if not result.ok:
            self._plan.failed.add(model.name)
        return result

    def _create(self, model: Model, step: Step) -> None:
        if step.how is How.KEPT:
            return
        name, kind = model.name, model.header.materialized
        if step.rows is not None and kind is Kind.VIEW:  # it stays as it is; its rows are checked
            self._engine.create_shadow(_bare(rows_of(name)), Kind.TABLE, self._render(step.rows))
            return
        if step.touched is not None and step.rows is not None:
            self._create_partitions(model, step.touched, step.rows)
        else:
            self._engine.create_shadow(name, kind, self._render(model.query))
        self._plan.shadowed.add(name)
        if step.how is How.WHOLE:
            self._compare(model)

    # The shadow of an incremental model is a view: its untouched rows and the new ones.
    def _create_partitions(self, model: Model, touched: exp.Query, rows: exp.Query) -> None:
        name = model.name
        self._engine.create_shadow(_bare(touched_of(name)), Kind.TABLE, self._render(touched))
        self._engine.create_shadow(_bare(rows_of(name)), Kind.TABLE, self._render(rows))
        columns = [exp.column(column, quoted=True) for column in model.column_names]
        same = exp.and_(
            *(
                exp.column(c, table="touched", quoted=True).eq(
                    exp.column(c, table="old", quoted=True)
                )
                for c in model.header.partition
            )
        )
        is_touched = exp.Exists(
            this=exp.select("1").from_(_table(touched_of(name)).as_("touched")).where(same)
        )
        old = exp.select(*columns).from_(_table(name).as_("old")).where(is_touched.not_())
        new = exp.select(*columns).from_(_table(rows_of(name)))
        whole = exp.union(old, new, distinct=False)
        self._engine.create_shadow(name, Kind.VIEW, self._render(whole))

    # Rows that are as they were keep their readers from being rebuilt.
    def _compare(self, model: Model) -> None:
        difference = self._plan.ledger.difference(model)
        if difference is not None and not self._engine.rows(f"{self._render(difference)} limit 1"):
            self._plan.ledger.note_same_rows(model)

    # One query counts the rows and the failures of every check.
    def _inspect(self, model: Model, step: Step) -> tuple[int, tuple[CheckResult, ...]]:
        checks = [
            (check, query) for check in model.checks if (query := self._look(check, model, step))
        ]
        texts = [self._render(exp.select("*").from_(_table(model.name)))]
        texts += [self._render(query) for _, query in checks]
        counts = " union all ".join(
            f"select {number} as place, count(*) as row_count from ({text}) as counted"
            for number, text in enumerate(texts)
        )
        found = {int(str(place)): int(str(n)) for place, n in self._engine.rows(counts)}
        results = [
            CheckResult(
                check.name,
                not found[number],
                found[number],
                check.blocking,
                self._sample(query, texts[number]) if found[number] else (),
            )
            for number, (check, query) in enumerate(checks, start=1)
        ]
        return found[0], tuple(results)

    def _look(self, check: Check, model: Model, step: Step) -> exp.Query | None:
        """Return a check's query over the rows that it has to look at; None: over none."""
        if check.scope is Scope.BUILDS and not self._can_compare_builds(check, model):
            return None
        if (
            step.how is How.WHOLE
            or check.scope in {Scope.TABLES, Scope.BUILDS}
            or not check.blocking
        ):
            return check.query
        if step.how is How.KEPT:
            return None
        is_view = model.header.materialized is Kind.VIEW
        partition = model.header.grain if is_view else model.header.partition
        if not check.can_look_at(partition):
            return check.query
        query = check.query.copy()
        for table in list(query.find_all(exp.Table)):
            if f"{table.db}.{table.name}" == model.name:
                table.replace(_table(rows_of(model.name)).as_(table.alias_or_name))
        return query

    def _can_compare_builds(self, check: Check, model: Model) -> bool:
        return check.columns[0] in self._plan.ledger.catalog.get(model.name, {})

    def _sample(self, query: exp.Query, sql: str) -> tuple[str, ...]:
        names = query.named_selects
        rows = self._engine.rows(f"select * from ({sql}) as failing limit {_SAMPLE}")
        return tuple(_key_text(names, row) for row in rows)

    def _render(self, query: exp.Query) -> str:
        return render(
            query,
            dialect=self._engine.dialect,
            as_of=self._plan.ledger.as_of,
            shadowed=self._plan.shadowed,
        )


def _key_text(names: Sequence[str], row: Sequence[object]) -> str:
    return ", ".join(f"{name}={mask_key(value)}" for name, value in zip(names, row, strict=True))


def _table(name: str) -> exp.Table:
    schema, _, bare = name.partition(".")
    return exp.table_(bare, db=schema, quoted=True)


# create_shadow adds the ending itself
def _bare(name: str) -> str:
    return name.removesuffix(shadow_of(""))
