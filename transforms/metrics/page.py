"""The metrics for people who read no SQL, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transforms.metrics.model import Metric, Metrics


def metrics_page(metrics: Metrics, *, title: str, introduction: str) -> str:
    """Return a page that explains every metric, with its caveats.

    Args:
        metrics: The metrics.
        title: Heading of the page.
        introduction: What stands before the list, in Markdown.
    """
    return "\n".join((
        f"# {title}",
        "",
        introduction.strip(),
        "",
        "| metric | unit | table |",
        "|---|---|---|",
        *(
            f"| [{metric.label}](#{metric.name}) | {metric.unit} | `{metric.held_in}` |"
            for metric in metrics.metrics.values()
        ),
        *(line for metric in metrics.metrics.values() for line in _section(metric)),
        "",
    ))


def _section(metric: Metric) -> Iterator[str]:
    grain = ", ".join(f"`{column}`" for column in metric.grain)
    by = f" by {grain}" if grain else " as a whole"
    rows = f" in rows with `{metric.rows}`" if metric.rows else ""
    dated = f", dated by `{metric.time}`" if metric.time else ""
    yield from (
        "",
        f'<a id="{metric.name}"></a>',
        "",
        f"## {metric.label}",
        "",
        metric.description,
        "",
        *(f"- {caveat}" for caveat in metric.caveats),
        "",
        f"`{metric.name}` = `{metric.formula}`; {metric.unit}. Owner: {metric.owner}.",
        "",
        (
            f"`{metric.held_in}.{metric.column}` holds it{rows}. Computed from "
            f"`{metric.model}`{by}{dated}."
        ),
    )
