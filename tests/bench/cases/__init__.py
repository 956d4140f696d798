"""What is measured; `CASES` names every case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench.cases.growth import measure_growth
from tests.bench.cases.load import measure_load, measure_postgres
from tests.bench.cases.rate import measure_rate
from tests.bench.cases.startup import measure_startup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.bench.session import Session

CASES: Final[Mapping[str, tuple[Callable[[Session, int], None], tuple[int, ...]]]] = {
    "startup": (measure_startup, (0,)),
    "load": (measure_load, (20_000,)),
    "postgres": (measure_postgres, (20_000,)),
    "growth": (measure_growth, (10_000, 100_000)),
    "rate": (measure_rate, (7_500,)),
}
"""Case by name: what measures it at one size, and the sizes it has without `--bookings`."""
