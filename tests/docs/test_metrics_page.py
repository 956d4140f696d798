"""docs/metrics.md is what the metrics file says."""

from __future__ import annotations

from tests.docs.generated import METRICS_PAGE, metrics


def test_page_is_made_from_the_metrics_file():
    assert METRICS_PAGE.read_text() == metrics(), "run python -m tests.docs.generated"
