"""The metrics that ship: each computed from its definition gives the mart's own number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pipelines.engines import engine_of
from pipelines.models import build_models, project_folder
from pipelines.warehouse import Warehouse
from transforms import Project
from transforms.metrics import metric_query
from transforms.render import render

if TYPE_CHECKING:
    from transforms import Engine

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)
PROJECT = Project.load(project_folder())
METRICS = PROJECT.metrics.metrics


def differing(engine: Engine) -> dict[str, list]:
    """Rows of each mart whose number is not what the metric's definition gives."""
    found = {}
    for metric in METRICS.values():
        ours = {
            tuple(map(str, row[:-1])): row[-1]
            for row in engine.rows(
                render(metric_query(metric, metric.grain), dialect=engine.dialect, as_of=AS_OF)
            )
        }
        columns = ", ".join((*metric.keys, metric.column))
        where = f" where {metric.rows}" if metric.rows else ""
        theirs = {
            tuple(map(str, row[:-1])): row[-1]
            for row in engine.rows(f"select {columns} from {metric.held_in}{where}")
        }
        known = {key for key, value in ours.items() if value is not None}
        assert known <= theirs.keys() <= ours.keys(), metric.name
        assert known, f"{metric.name} is never known"
        different = [
            (key, ours[key], value) for key, value in theirs.items() if not _equal(ours[key], value)
        ]
        if different:
            found[metric.name] = different[:3]
    return found


# These are metrics of a mart of their own, at a finer grain.
HELD_ELSEWHERE = {"attendee no-show", "booking no-show", "full no-show", "host no-show"}


def unexplained(engine: Engine) -> set[str]:
    """Rates in long form that no metric explains."""
    rates = {name for (name,) in engine.rows("select distinct metric from marts.agg_rates")}
    rows = " ".join(metric.rows for metric in METRICS.values())
    return {name for name in rates - HELD_ELSEWHERE if f"metric = '{name}'" not in rows}


def _equal(left, right) -> bool:
    if left is None or right is None:
        return left is right
    return float(left) == pytest.approx(float(right), rel=1e-12, abs=1e-12)


@pytest.fixture(params=["duckdb", "postgres"])
def location(request, tmp_path) -> str:
    if request.param == "duckdb":
        return str(tmp_path / "cal.duckdb")
    return request.getfixturevalue("postgres_url")


@pytest.mark.reference
def test_every_metric_equals_its_mart_on_the_recorded_account(recorded_sandbox, sync_of, location):
    with Warehouse.open(location) as warehouse:
        sync_of(warehouse, recorded_sandbox)
        assert build_models(warehouse, as_of=AS_OF, clock=lambda: AS_OF).ok

        assert differing(engine_of(warehouse)) == {}
        assert unexplained(engine_of(warehouse)) == set()


NO_METRICS = {
    "marts.agg_rates.shrunk_rate": "for ranking only",
    "marts.agg_no_show_scorecard.no_show_rate": "what the scorecard is learnt from",
    "marts.agg_no_show_calibration.observed_rate": "how the scorecard did",
}


def test_every_rate_of_an_aggregate_is_a_metric():
    """A rate under the same name in several marts is one metric at several grains."""
    named = {metric.column for metric in METRICS.values()}
    rates = {
        f"{model.name}.{column}"
        for model in PROJECT.models.values()
        for column in model.column_names
        if model.name.startswith("marts.agg_") and column.endswith("_rate")
    }

    assert {rate for rate in rates if rate.rpartition(".")[2] not in named} == set(NO_METRICS)
