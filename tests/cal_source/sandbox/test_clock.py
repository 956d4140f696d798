"""The clock, and instants as Cal.com writes and reads them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cal_source.sandbox.clock import Clock, parse_iso, to_iso

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.value = 100.0

    def __call__(self) -> float:
        return self.value


def test_clock_stands_still_until_it_is_advanced() -> None:
    seconds = Seconds()
    clock = Clock(START, monotonic=seconds)

    seconds.value += 30
    clock.advance(timedelta(minutes=5))

    assert clock.now() == START + timedelta(minutes=5)
    assert clock.uptime_seconds() == 330


def test_ticking_clock_moves_with_the_machine() -> None:
    seconds = Seconds()
    clock = Clock(START, monotonic=seconds, is_ticking=True)

    seconds.value += 1.2345

    assert clock.now() == START + timedelta(milliseconds=1234)


def test_clock_does_not_jump_when_it_starts_ticking() -> None:
    seconds = Seconds()
    clock = Clock(START, monotonic=seconds)
    seconds.value += 3600

    clock.start_ticking()
    seconds.value += 2

    assert clock.now() == START + timedelta(seconds=2)


def test_to_iso_writes_milliseconds_in_utc_whatever_the_zone() -> None:
    berlin = timezone(timedelta(hours=1))

    assert to_iso(datetime(2026, 11, 22, 10, 0, 0, 5000, berlin)) == "2026-11-22T09:00:00.005Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:00:00", datetime(2026, 11, 1, 2, tzinfo=UTC)),
        ("2026-11-01T02:00:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00:00-0330", datetime(2026, 11, 1, 3, 30, tzinfo=UTC)),
        ("2026-11-01T00:00:00.123456Z", datetime(2026, 11, 1, 0, 0, 0, 123456, UTC)),
    ],
    ids=["date", "no zone is UTC", "offset", "offset without colon", "microseconds"],
)
def test_parse_iso_reads_what_the_real_server_accepts(text: str, instant: datetime) -> None:
    assert parse_iso(text) == instant


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "2026-02-30", "22.11.2026"])
def test_parse_iso_refuses_what_is_no_instant(text: str) -> None:
    assert parse_iso(text) is None
