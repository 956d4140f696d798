"""Two hundred accounts, at the rate that Cal.com allows each."""

from __future__ import annotations

import resource

import pytest

from pipelines.options import SyncOptions
from tests.pipelines.accounts.test_side_by_side import compare


@pytest.mark.soak
def test_two_hundred_accounts_take_no_longer_than_the_slowest(tmp_path):
    # Small pages, so that each needs more requests than one minute allows.
    options = SyncOptions(page_size=20, workers=1)

    together, alone, requests = compare(tmp_path, 200, 2000, limit=120, options=options)

    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"200 accounts side by side {together:.0f} s, the slowest alone {alone:.0f} s; "
        f"{requests} requests, {megabytes:.0f} MB"
    )
    assert 0 < alone <= together <= 1.2 * alone
