"""What the options of `cal-warehouse sync` do, where no sync has to run for it."""

from __future__ import annotations

from cal_source.errors import ConfigError
from cal_source.settings import Settings
from pipelines.cli.main import main
from pipelines.exit_codes import ExitCode
from tests.cal_source.test_limiter import Throttler


def test_reserve_is_left_to_others_with_the_key(monkeypatch, tmp_path):
    made = []

    def client(_settings, **options):
        made.append(options["limiter"])
        raise ConfigError("CAL_API_KEY", "is not needed here", "Nothing to do")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Settings, "client", client)

    assert main(["sync", "--reserve", "5"]) == ExitCode.CONFIG

    (limiter,) = made
    headers = Throttler(120, 60).headers(5, 40)
    limiter.settle(limiter.acquire(), status=200, headers=headers)
    assert limiter.seconds_until_free() > 30
    assert limiter.seconds_until_free(priority=True) == 0
