"""Measure: python -m tests.bench [CASE …] [--bookings N,…] [--rounds R] [--ways WAY;…] [--again].

Results are kept in tests/bench/results.json after every program. What this commit has results of,
and peers that were measured before, are not measured again without `--again`: a session that was
broken off goes on where it was, and one after a change measures what may have changed.
"""

from __future__ import annotations

import argparse

from tests.bench.cases import CASES
from tests.bench.environments import compile_ours
from tests.bench.session import Session


def main() -> None:
    """Measure the cases asked for, all without any."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[[], *CASES], help="default: all")
    parser.add_argument("--bookings", metavar="N,…", help="sizes of the account")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument(
        "--ways", default="", metavar="WAY;…", help="only these, such as 'rest_api'"
    )
    parser.add_argument("--again", action="store_true", help="also what has results already")
    parser.add_argument(
        "--timeout", type=float, default=1800, metavar="SECONDS", help="of a program"
    )
    asked = parser.parse_args()
    ways = tuple(filter(None, asked.ways.split(";")))
    compile_ours()
    session = Session(asked.rounds, ways, asked.again, asked.timeout)
    for case in asked.case or CASES:
        measure, sizes = CASES[case]
        if asked.bookings:
            sizes = tuple(int(part.replace("_", "")) for part in asked.bookings.split(","))
        for size in sizes:
            measure(session, size)


if __name__ == "__main__":
    main()
