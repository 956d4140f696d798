"""Somebody edits the targets while a plan is applied: what could be known is never overwritten."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from random import Random

from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.outcome import Outcome
from tests.pipelines.reverse_sync.approved import GRACE
from tests.pipelines.reverse_sync.lab import WRITES, Lab, cancel

CI_RACES = 30
MOMENTS = ("before the look", "after the look", "at the call", "after the call", "at the end")


class Editor:
    """Edits one target at one moment of the apply of its change: look, call, look."""

    def __init__(self, lab, edit, moment):
        self.edit, self.moment, self.is_done, self.looks = edit, moment, False, 0
        lab.transport.before, lab.transport.after = self.before, self.after

    def before(self, request):
        is_call = request.method in WRITES
        self.act("at the call" if is_call else "before the look" if not self.looks else "")

    def after(self, request, _response):
        is_call = request.method in WRITES
        self.looks += not is_call
        moments = {1: "after the look", 2: "at the end"}
        self.act("after the call" if is_call else moments.get(self.looks, ""))

    def act(self, moment):
        if moment == self.moment and not self.is_done:
            self.is_done = True
            self.edit()


def schedule_race(lab, number):
    """We rename a schedule; the editor gives it a name too."""
    key = next(k for k, s in lab.sandbox.world.schedules.items() if s.owner_id == 1001)
    ours, theirs = f"Ours {number}", f"Theirs {number}"
    request = ChangeRequest(
        action="update_schedule_by_id", target={"scheduleId": key}, body={"name": ours}
    )

    def edit():
        lab.sandbox.world.edit("schedules", key, name=theirs)

    return request, edit, lambda: lab.sandbox.world.schedules[key].name, ours, theirs


def event_type_race(lab, _number):
    """We set the length of an event type; the editor sets it too."""
    ours = lab.sandbox.world.event_types[5002].length_minutes % 50 + 11  # never what it is now
    theirs = ours + 60
    request = ChangeRequest(
        action="edit_event_type_by_id",
        target={"eventTypeId": 5002},
        body={"lengthInMinutes": ours},
    )

    def edit():
        lab.sandbox.world.edit("event_types", 5002, length_minutes=theirs)

    def shown():
        return lab.sandbox.world.event_types[5002].length_minutes

    return request, edit, shown, ours, theirs


def booking_race(lab, _number):
    """We cancel a booking; the editor moves it to the next day."""
    uid = lab.bookings(1)[0]
    booking = lab.sandbox.world.bookings.by_uid(uid)
    moved = booking.start.replace(hour=3)

    def edit():
        lab.sandbox.world.edit_booking(uid, start=moved, end=moved.replace(minute=30))

    def shown():
        now = lab.sandbox.world.bookings.by_uid(uid)
        return now.status if now.status == "cancelled" else now.start

    return cancel(uid), edit, shown, "cancelled", moved


RACES = (schedule_race, event_type_race, booking_race)


def race(lab, rng, number):
    """Run one race; gives the moment of the edit and who won."""
    request, edit, shown, ours, theirs = rng.choice(RACES)(lab, number)
    lab.transport.before, lab.transport.after = (lambda _: None), (lambda _r, _a: None)
    plan = lab.plan(request)
    lab.approve(plan)
    lab.approve(plan, GRACE)
    lab.forget_calls()
    moment = rng.choice(MOMENTS)
    Editor(lab, edit, moment)

    (result,) = lab.apply(plan).changes

    if moment == "before the look":
        assert result.outcome is Outcome.CONFLICT
        assert lab.writes() == []
        assert shown() == theirs
    assert len(lab.writes()) <= 1
    if result.outcome is Outcome.DONE:
        assert moment != "before the look"
    return moment, "ours" if shown() == ours else "theirs"


def test_edits_that_could_be_known_are_never_overwritten(warehouse):
    lab, rng = Lab(warehouse), Random(11)

    seen = Counter(race(lab, rng, number) for number in range(CI_RACES))

    assert {moment for moment, _ in seen} == set(MOMENTS)
    assert seen["before the look", "ours"] == 0
    # What is edited between look and call is the window that Cal.com leaves open.
    assert {moment for moment, winner in seen if winner == "ours"} <= {
        "after the look",
        "at the call",
        "after the call",
        "at the end",
    }


def windows(lab, changes):
    """Cancel bookings; gives the seconds of CPU time from each look's answer to its request."""
    looked, found = [0.0], []
    lab.transport.after = lambda r, _: r.method == "GET" and looked.append(time.process_time())
    lab.transport.before = lambda r: (
        r.method in WRITES and found.append(time.process_time() - looked[-1])
    )
    plan = lab.plan(*map(cancel, lab.bookings(changes)))
    lab.approve(plan)
    lab.approve(plan, GRACE)
    assert lab.apply(plan).is_success
    return found


def test_window_between_look_and_call_is_short(warehouse):
    found = windows(Lab(warehouse), 20)

    assert len(found) == 20
    # The rest of the window is Cal.com's own: from the departure to its database.
    assert statistics.median(found) < 0.2
