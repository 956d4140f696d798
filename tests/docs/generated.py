"""What of README and docs comes from the code. `python -m tests.docs.generated` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from cal_source.tables import TABLES
from pipelines.cli.actions import COLUMNS, cells
from pipelines.coverage import Coverage, covered, evidence_counts
from pipelines.exit_codes import MEANINGS
from pipelines.models import project_folder
from transforms import Project
from transforms.metrics import metrics_page

README = Path(__file__).resolve().parents[2] / "README.md"
METRICS_PAGE = README.parent / "docs" / "metrics.md"
METRICS_INTRODUCTION = """
What the numbers mean, for people who use them and need not read SQL. This page is made from
`dbt_like_sql/metrics.yml` by `python -m tests.docs.generated`. The same definitions stand as
comments in the warehouse, in the data dictionary (`cal-warehouse docs`) and in dbt's semantic layer
(`cal-warehouse export dbt`); the tests compute each of them and compare it with the table that
holds it. Contested choices are explained in `dbt_like_sql/DECISIONS.md`.

Never average a rate over rows: add its numerator and its denominator up first, then divide. Days
are local days of the host. Where fewer than 20 things were counted, the report says "not enough
data".
"""


def tables() -> str:
    rows = [
        f"| `raw.{table.name}` | {', '.join(f'`{k}`' for k in table.key)} | {table.description} |"
        for table in TABLES.values()
    ]
    return "\n".join(["| table | key | one row is |", "|---|---|---|", *rows])


def exit_codes() -> str:
    rows = [f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items()]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


def coverage() -> str:
    published = covered(with_further_reads=False)
    further = [entry for entry in covered(with_further_reads=True) if not entry.row.is_action]
    levels = ", ".join(f"{count} {name}" for name, count in evidence_counts(published).items())
    return "\n".join([
        f"Evidence of the {len(published)} published actions: {levels}.",
        "",
        *_folded(f"The {len(published)} actions", published),
        "",
        *_folded(f"{len(further)} more reads and lookups, for a complete warehouse", further),
    ])


def _folded(title: str, entries: list[Coverage]) -> list[str]:
    rows = [cells(entry) for entry in entries]
    return [
        "<details>",
        f"<summary>{title}</summary>",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| `{key}` | {' | '.join(middle)} | `{end}` |" for key, *middle, end in rows),
        "",
        "</details>",
    ]


BLOCKS = {"tables": tables, "coverage": coverage, "exit codes": exit_codes}


def rendered(text: str) -> str:
    for name, build in BLOCKS.items():
        pattern = rf"(<!-- {name}: .*? -->\n).*?(<!-- end -->)"
        text, found = re.subn(
            pattern, lambda m, b=build: f"{m[1]}{b()}\n{m[2]}", text, flags=re.DOTALL
        )
        assert found == 1, f"README.md has no block '{name}'"
    return text


def metrics() -> str:
    found = Project.load(project_folder()).metrics
    return metrics_page(found, title="Metrics", introduction=METRICS_INTRODUCTION)


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
    METRICS_PAGE.write_text(metrics())
