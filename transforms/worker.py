"""Builds one model after another in one session, and checks each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from transforms.engine import SHADOW, Engine, Kind, changed_of, gone_of, rows_of, touched_of
from transforms.errors import BuildError, EngineError
from transforms.narrowing import rows_to_check
from transforms.partitions import all_of, gone_rows, shadow_rows, table, visible
from transforms.personal import mask_key
from transforms.render import render
from transforms.results import CheckResult, How, ModelResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transforms.incremental import Ledger, Step
    from transforms.model import Model

_SAMPLE = 5


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
            self._create(model, self._plan.ledger.decide(model, self._engine))
            step = self._plan.ledger.steps[model.name]
            rows, checks = self._inspect(model, step)
        except EngineError as error:
            raise BuildError(model.name, model.path, error.reason) from error
        seconds = self._plan.clock() - started
        result = ModelResult(model.name, rows, seconds, checks, step.how, step.why)
        if not result.ok:
            self._plan.failed.add(model.name)
        return result

    def _create(self, model: Model, step: Step) -> None:
        if step.how is How.KEPT:
            return
        name, kind = model.name, model.header.materialized
        if step.how is How.WHOLE:
            self._engine.create_shadow(name, kind, self._render(model.query))
        elif step.touched is None:  # a view stays as it is; the rows that came are checked
            self._create_table(rows_of(name), step.rows)
        elif not self._create_partitions(model, step):
            return
        if self._is_followed_without_change(model, step):
            return
        if step.touched is not None:
            self._engine.create_shadow(name, Kind.VIEW, self._render(shadow_rows(model)))
        if step.how is How.WHOLE or step.touched is not None:
            self._plan.shadowed.add(name)

    def _create_partitions(self, model: Model, step: Step) -> bool:
        """Build what is new in the touched partitions; False when none are touched."""
        self._create_table(touched_of(model.name), step.touched)
        touched = self._render(all_of(touched_of(model.name)))
        if not self._engine.rows(f"select 1 from ({touched}) as touched limit 1"):
            self._plan.ledger.note_same_rows(model)
            return False
        if step.changed is not None:  # nobody else asks what went
            self._create_table(gone_of(model.name), gone_rows(model))
        self._create_table(rows_of(model.name), step.rows)
        return True

    # Rows that are as they were keep the readers of a table from being rebuilt.
    def _is_followed_without_change(self, model: Model, step: Step) -> bool:
        if step.changed is None:
            return False
        self._create_table(changed_of(model.name), step.changed)
        changed = self._render(all_of(changed_of(model.name)))
        if self._engine.rows(f"select 1 from ({changed}) as changed limit 1"):
            return False
        self._plan.ledger.note_same_rows(model)
        return self._plan.ledger.steps[model.name].how is How.KEPT

    def _create_table(self, shadow: str, query: exp.Query | None) -> None:
        if query is not None:
            bare = shadow.removesuffix(SHADOW)  # create_shadow adds it again
            self._engine.create_shadow(bare, Kind.TABLE, self._render(query))

    # One query counts the rows and the failures of every check.
    def _inspect(self, model: Model, step: Step) -> tuple[int, tuple[CheckResult, ...]]:
        checks = [
            (check, query)
            for check in model.checks
            if (query := rows_to_check(check, model, self._plan.ledger, self._engine))
        ]
        texts = [self._render(query) for _, query in checks]
        counts = " union all ".join(
            f"select {number} as place, ({text}) as row_count"
            for number, text in enumerate([
                self._row_count(model, step),
                *(f"select count(*) from ({t}) as c" for t in texts),
            ])
        )
        found = {int(str(place)): int(str(n)) for place, n in self._engine.rows(counts)}
        results = tuple(
            CheckResult(
                check.name,
                not found[number],
                found[number],
                check.blocking,
                self._sample(query, texts[number - 1]) if found[number] else (),
            )
            for number, (check, query) in enumerate(checks, start=1)
        )
        warned = [each.name for each in results if not (each.blocking or each.passed)]
        self._plan.ledger.note_warnings(model, warned)
        return found[0], results

    def _row_count(self, model: Model, step: Step) -> str:
        count = exp.select(exp.Count(this=exp.Star()))
        if step.how is not How.PARTITIONS or step.touched is None:
            return self._render(count.from_(table(model.name)))
        gone = table(gone_of(model.name)) if step.changed else gone_rows(model).subquery("gone")
        old, went, new = (
            self._render(count.copy().from_(source))
            for source in (visible(model.name), gone, table(rows_of(model.name)))
        )
        return f"select ({old}) - ({went}) + ({new})"

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
