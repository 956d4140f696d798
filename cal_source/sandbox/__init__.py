"""Cal.com in a process: a stateful double of its API v2, for demos, tests and rehearsals.

    world = World.generate(bookings=5000, seed=7)
    with Sandbox(world).serve() as url:
        ...  # GET {url}/v2/me with the key `cal_sandbox_owner`

Its behaviour is written from recordings of a real server, not from our client, so that the two can
contradict each other.
"""

from cal_source.sandbox.clock import Clock
from cal_source.sandbox.faults import Answer, Fault
from cal_source.sandbox.replica import Timing
from cal_source.sandbox.sandbox import ReceivedRequest, Sandbox
from cal_source.sandbox.server import serve_forever
from cal_source.sandbox.world import UnknownRowError, World

__all__ = [
    "Answer",
    "Clock",
    "Fault",
    "ReceivedRequest",
    "Sandbox",
    "Timing",
    "UnknownRowError",
    "World",
    "serve_forever",
]
