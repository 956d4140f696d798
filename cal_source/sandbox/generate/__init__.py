"""Invented worlds: people at example.com, what they offer and a year of bookings around now.

The same arguments give the same world. The people, keys and ids mean the same as in recordings of
a real server: `cal_sandbox_owner` owns an organisation with teams, `_admin`, `_teamadmin` and
`_member` are in it, `_solo` has no organisation, `_otherorg` has another one.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from cal_source.sandbox.generate.bookings import add_bookings
from cal_source.sandbox.generate.cast import add_people
from cal_source.sandbox.generate.extras import add_extras
from cal_source.sandbox.generate.offers import add_offers
from cal_source.sandbox.world import World

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["generate_world"]


def generate_world(count: int, seed: int, now: datetime) -> World:
    """Build a world of exactly `count` bookings around `now` (UTC), chosen by `seed`."""
    rng = Random(seed)
    world = World(now, web_url="https://cal.example.com")
    add_people(world)
    add_offers(world)
    add_bookings(world, count, rng)
    add_extras(world, rng)
    return world
