"""The measured part of docs/reverse-sync.md; `python -m tests.pipelines.reverse_sync.page`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.pipelines.reverse_sync.killing import Loss

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reverse-sync.md"
RESULTS = Path(__file__).with_name("results.json")
BEGIN, END = "<!-- begin: measured -->\n", "<!-- end: measured -->"
QUANTILES = (("half", 0.5), ("95 of 100", 0.95), ("99 of 100", 0.99))
MOMENTS = ("before the look", "after the look", "at the call", "after the call", "at the end")


def render(measured: dict[str, Any]) -> str:
    """Return the block that stands between the marks."""
    return "\n".join([*_kills(measured), *_races(measured), *_large(measured)])


def write() -> None:
    """Put the block into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    block = render(json.loads(RESULTS.read_text()))
    PAGE.write_text(f"{before}{BEGIN}{block}\n{END}{after}", "utf-8")


def total(table: dict[str, dict[str, int]]) -> int:
    """Return the sum of a table of counts."""
    return sum(sum(row.values()) for row in table.values())


def _kills(measured: dict[str, Any]) -> list[str]:
    kills = measured["kills"]
    rows = [
        f"| {name} | {' | '.join(str(kills[name].get(loss, 0)) for loss in Loss)} |"
        for name in sorted(kills)
    ]
    return [
        f"**Killed** (`kill -9`), {total(kills)} times, and taken up by another process. Each",
        "apply cancels, moves and makes a booking, makes a schedule and marks a no-show. Each time",
        "Cal.com saw exactly the writes, mails and webhooks of an apply that nothing happened to,",
        "and no second one of any. One write of the killed run, or its answer, got lost too:",
        "",
        f"| killed | {' | '.join(Loss)} |",
        f"|---{'|---' * len(Loss)}|",
        *rows,
        "",
    ]


def _races(measured: dict[str, Any]) -> list[str]:
    races, window = measured["races"], measured["window"]
    rows = [
        f"| {moment} | {races.get(moment, {}).get('theirs', 0)} "
        f"| {races.get(moment, {}).get('ours', 0)} |"
        for moment in MOMENTS
    ]
    times = ", ".join(f"{name} within {window[name]} ms" for name, _ in QUANTILES)
    return [
        f"**Raced**, {total(races)} times: somebody edits the target while its change is made.",
        "What they wrote before the look was never overwritten. Between look and call Cal.com",
        "gives no way to know; from the look's answer to the request's departure 200 changes took",
        f"of our own CPU time: {times}.",
        "One commit to the disk, the network and Cal.com come on top. A booking that was cancelled",
        "stays so, whatever is edited in it afterwards.",
        "",
        "| edited | theirs stood in the end | ours stood in the end |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _large(measured: dict[str, Any]) -> list[str]:
    return [*_size(measured["size"]), *_pace(measured["pace"])]


def _size(size: dict[str, Any]) -> list[str]:
    if not size:
        return []
    return [
        f"**Planned**: a plan of {size['changes']:,} no-shows out of 50,000 bookings takes",
        f"{size['own_seconds']} s of our own CPU time, {size['requests']} requests and",
        f"{size['peak_megabytes']} MB of our own memory.",
    ]


def _pace(pace: dict[str, Any]) -> list[str]:
    if not pace:
        return []
    share = pace["requests"] / pace["minutes"] / 120
    each = pace["requests"] / pace["changes"]
    cpu = 1000 * pace["own_seconds"] / pace["changes"]
    return [
        "",
        "**Applied**, by a simulated clock, at 120 requests a minute and 50 ms each:",
        f"{pace['changes']:,} changes in {pace['minutes']:.0f} minutes, {each:.3f} requests each,",
        f"{share:.1%} of those allowed, {pace['throttled']} answers 429, {cpu:.0f} ms of CPU",
        "time a change, the sandbox's included.",
    ]


if __name__ == "__main__":
    write()
