"""What was measured, one row per run, in results.json."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from tests.bench.environments import versions_of

RESULTS: Final = Path(__file__).with_name("results.json")
_PACKAGES: Final = ("dlt", "duckdb", "httpx", "msgspec", "pyarrow")
Row = dict[str, Any]


@dataclass
class Results:
    """All rows, with the machine and the versions they were measured with."""

    machine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def read(cls) -> Results:
        """Read the file; without it there are no rows."""
        return cls(**json.loads(RESULTS.read_text())) if RESULTS.exists() else cls()

    def write(self) -> None:
        """Write the file, one row a line."""
        rows = ",\n  ".join(json.dumps(row) for row in sorted(self.rows, key=_place))
        head = json.dumps({"machine": self.machine, "versions": self.versions}, indent=1)[:-2]
        RESULTS.write_text(f'{head},\n "rows": [\n  {rows}\n ]\n}}\n')

    def keep(
        self,
        case: str,
        way: str,
        size: int,
        row: Row,
        *,
        is_peer: bool = False,
        is_first: bool = False,
    ) -> None:
        """Add a row and write everything.

        Rows of the same way that were measured at another commit go, unless it is a peer, which
        does not change with our commits. With `is_first` all earlier ones go: how busy the machine
        is changes more than a peer's version, and a median of two sessions would be that of none.
        """
        commit = _commit()
        self.rows = [
            old
            for old in Results.read().rows  # another session may have written meanwhile
            if (old["case"], old["way"], old["size"]) != (case, way, size)
            or (not is_first and (old["is_peer"] or old["commit"] == commit))
        ]
        row = {**row, "load_average": round(os.getloadavg()[0], 1)}
        place = {"case": case, "size": size, "way": way, "is_peer": is_peer}
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self.rows.append({**place, **row, "commit": commit, "at": at})
        self.machine, self.versions = _machine(), _versions()
        self.write()

    def done(self, case: str, way: str, size: int) -> int:
        """Return how many rows there are of this commit, or of a peer at all."""
        commit = _commit()
        return sum(row["is_peer"] or row["commit"] == commit for row in self.of(case, way, size))

    def sizes(self, case: str) -> list[int]:
        """Return the sizes at which a case was measured."""
        return sorted({row["size"] for row in self.rows if row["case"] == case})

    def ways(self, case: str, size: int) -> list[str]:
        """Return what was measured in a case at a size."""
        found = [r["way"] for r in self.rows if (r["case"], r["size"]) == (case, size)]
        return list(dict.fromkeys(found))

    def of(self, case: str, way: str, size: int) -> list[Row]:
        """Return the rows of one way."""
        place = (case, way, size)
        return [row for row in self.rows if (row["case"], row["way"], row["size"]) == place]

    def median(self, case: str, way: str, size: int, name: str = "seconds") -> float | None:
        """Return the median of a number, None where it was not measured."""
        values = [row[name] for row in self.of(case, way, size) if row.get(name) is not None]
        return statistics.median(values) if values else None


def _place(row: Row) -> tuple[Any, ...]:
    return row["case"], row["size"], row["at"]


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(asked, check=False, capture_output=True, text=True, cwd=RESULTS.parent)
    return done.stdout.strip() or "unknown"


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _versions() -> dict[str, str]:
    peers = versions_of("airbyte-cdk") | versions_of("pyairbyte")
    return {name: version(name) for name in _PACKAGES} | peers
