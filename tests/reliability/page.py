"""docs/reliability.md, made from what was measured; `python -m tests.reliability.page` writes it.

`python -m tests.reliability.measure` measures and keeps the results in results.json.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from pipelines.steps import Step
from tests.reliability.fault_matrix import FAULTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
RESULTS = Path(__file__).with_name("results.json")
ANYWHERE = "at a random instant"
KILLED = [step for step in Step if step is not Step.EXPORT]  # that one has a test of its own

_INTRODUCTION = """\
# Reliability, measured

What a run does when something goes wrong under it, as it was measured: the tables below are made
from `tests/reliability/results.json`, which `python -m tests.reliability.measure` writes. A slice
of every table runs in CI; `make soak` takes longer ones, new accounts and new instants by
`SOAK_SEED`, for `SOAK_MINUTES`.

"Right" means equal to Cal.com in every row and column of every table, read by other means than the
sync's; in the history, no version that overlaps another, repeats it, or never was; and nothing left
over that somebody would have to clear away.
"""
_FAULTS = """
## Faults of the API

Every kind of request that a sync makes ({kinds} of them: each operation, bookings by each way of
asking), spoiled in each of these ways. *Once*: the first request of every kind, all in one sync.
*For good*: every request of up to four kinds at a time. Numbers are syncs that were measured, by
outcome; "–" is not measured. After a sync that was not right, the next one was right in every case.
Left out of *once*: `/v2/me` for web pages and JSON without envelope, where the first answer decides
whether the address is Cal.com's, and `timezones` for the missing row (see the end).

| fault | once | for good | said, for example |
|---|---|---|---|
"""
_POLICY = """
Reads are sent again after timeouts, resets, truncated or broken answers, 429, 5xx, and web pages
where Cal.com had answered before: five times at most, a 500 in Cal.com's own words twice, twenty
retries a run (ten answers earn one back), with waits that double from half a second to twenty and
are random by half; after a 429 the wait is what `X-RateLimit-Reset` says, a minute without it. No
answer may take longer than two minutes, however steadily it drips. A write is never sent again.
A read that stays without answer fails, its table keeps its rows and the other tables are read; five
operations in a row without an answer end the run, and so does a key that is refused.
"""
_KILLS = """
## Runs killed

`kill -9` of `cal-warehouse run` while the account changes, about ten in a row: once at each step
and at random instants. Then one ordinary run, and everything is compared; "wrong" counts the
comparisons that found anything.

| warehouse | killed {steps} | {anywhere} | kills | wrong |
|---|{columns}---|---|---|
"""
_BASELINE = """
The same on plain dlt, `pipeline.run(cal_source())` with its merge, at random instants. dlt resumes
the packages of a killed run; "doubled" and "lost" are next runs that ended with exit code 0. Where
there are 0 kills, nothing was measured; few kills without trouble say little.

| destination | kills | bookings doubled | bookings lost | next run failed |
|---|---|---|---|---|
"""
_LIMITS = """
## What is not caught

- A list without ids (the cities of `timezones`) that leaves a row out looks like one that is
  shorter; the row is gone until the next run.
- Answers that are wrong and well-formed, for example a list that is empty by mistake: a small list
  is taken at its word, and the history keeps what was there. Bookings are counted independently.
"""


def render(results: dict[str, Any]) -> str:
    return "".join([
        _INTRODUCTION,
        f"\nMeasured {results['measured']}.\n",
        _FAULTS.format(kinds=results["kinds"]),
        "\n".join(_fault_row(name, results["faults"][name]) for name in FAULTS),
        "\n" + _POLICY,
        _kill_table(results["kills"]),
        _BASELINE,
        "\n".join(
            f"| {name} | {row['kills']} | {row['doubled']} | {row['lost']} | {row['stuck']} |"
            for name, row in results["baseline"].items()
        ),
        "\n" + _LIMITS,
    ])


def _fault_row(name: str, row: dict[str, Any]) -> str:
    return f"| {name} | {_outcomes(row['once'])} | {_outcomes(row['for good'])} | {row['says']} |"


def _outcomes(counts: dict[str, int]) -> str:
    listed = [f"{count} {outcome}" for outcome, count in Counter(counts).most_common()]
    return ", ".join(listed) or "–"


def _kill_table(kills: dict[str, dict[str, Any]]) -> str:
    head = _KILLS.format(
        steps=" | ".join(f"in {step}" for step in KILLED),
        anywhere=ANYWHERE,
        columns="---|" * len(KILLED),
    )
    rows = []
    for name, row in kills.items():
        cells = [str(row["killed"].get(step, "–")) for step in [*KILLED, ""]]
        total = sum(row["killed"].values())
        rows.append(f"| {name} | {' | '.join(cells)} | {total} | {row['wrong']} |")
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(json.loads(RESULTS.read_text())))
