"""After any history, a sync leaves the warehouse equal to Cal.com."""

from __future__ import annotations

from random import Random

import pytest

from tests.histories import Histories
from tests.oracle import differences


@pytest.mark.parametrize("seed", [1, 2])
def test_sync_equals_cal_after_a_random_history(warehouse, small_sandbox, sync_of, seed):
    rng = Random(seed)
    history = Histories(small_sandbox, rng)

    for _ in range(3):
        changes = [history.step() for _ in range(rng.randint(1, 12))]
        result = sync_of(warehouse, small_sandbox)

        assert result.outcome == "proved", changes
        assert differences(warehouse, small_sandbox) == [], changes


def test_differences_notice_what_a_sync_has_not_seen_yet(warehouse, small_sandbox, sync_of):
    sync_of(warehouse, small_sandbox)
    retitled, deleted = (
        row["uid"] for row in warehouse.rows("select uid from raw.bookings order by uid limit 2")
    )
    small_sandbox.world.edit_booking(retitled, title="another")
    small_sandbox.world.delete_booking(deleted)
    warehouse.execute("delete from raw.bookings where uid = (select max(uid) from raw.bookings)")

    kinds = {problem.split()[0] for problem in differences(warehouse, small_sandbox)}

    assert kinds == {"stale", "missing", "left"}
