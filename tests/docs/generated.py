"""Parts of the README that come from the code. `python -m tests.docs.generated` writes them."""

from __future__ import annotations

import re
from pathlib import Path

from cal_source.tables import TABLES
from pipelines.exit_codes import MEANINGS

README = Path(__file__).resolve().parents[2] / "README.md"


def tables() -> str:
    rows = [
        f"| `raw.{table.name}` | {', '.join(f'`{k}`' for k in table.key)} | {table.description} |"
        for table in TABLES.values()
    ]
    return "\n".join(["| table | key | one row is |", "|---|---|---|", *rows])


def exit_codes() -> str:
    rows = [f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items()]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


BLOCKS = {"tables": tables, "exit codes": exit_codes}


def rendered(text: str) -> str:
    for name, build in BLOCKS.items():
        pattern = rf"(<!-- {name}: .*? -->\n).*?(<!-- end -->)"
        text, found = re.subn(
            pattern, lambda m, b=build: f"{m[1]}{b()}\n{m[2]}", text, flags=re.DOTALL
        )
        assert found == 1, f"README.md has no block '{name}'"
    return text


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
