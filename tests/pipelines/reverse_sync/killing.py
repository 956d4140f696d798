"""Applies that are killed with SIGKILL, in processes of their own, against a served sandbox.

A process counts the instants at which its death would matter: before and after every commit of the
journal, before every request leaves and after its answer has come. It kills itself at the one that
it is told, or is killed from outside at a random moment. Beside that, one of its writes may get
lost on the way, or the answer to it.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import signal
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import httpx

from cal_source.client import CalClient
from cal_source.sandbox import Sandbox, World
from pipelines.reverse_sync.apply import Surroundings, apply_plan
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.errors import PlanFinishedError
from pipelines.reverse_sync.journal import Journal, progress
from pipelines.reverse_sync.plan import Plan, decode_plan, digest_of, encode_plan
from pipelines.warehouse import Warehouse
from pipelines.warehouse.duckdb_file import DuckDBWarehouse
from tests.pipelines.reverse_sync.approved import ADA, GRACE, NOW
from tests.pipelines.reverse_sync.lab import OPEN_POLICY, WRITES, Lab, cancel
from tests.pipelines.reverse_sync.scenarios import ADA as GUEST

if TYPE_CHECKING:
    from collections.abc import Iterator

FINISHED_BEFORE = 3
NOT_DONE = 4
# What every fork needs is imported once.
WARMED = (httpx.HTTPTransport(verify=False), DuckDBWarehouse)


class Loss(StrEnum):
    """What gets lost of one write."""

    NOTHING = "nothing lost"
    REQUEST = "a request lost"
    ANSWER = "an answer lost"


class Instants:
    """Tells the names of a process's instants to a pipe, and kills it at one of them."""

    def __init__(self, names: Any, fatal: int | None) -> None:
        self._names, self._fatal, self._count = names, fatal, 0

    def pass_one(self, name: str) -> None:
        if self._count == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1
        self._names.send(name)


class CountedJournal(Journal):
    """A journal whose commits are instants."""

    instants: Instants

    def append(self, *arguments: Any, **values: Any) -> Any:
        step = arguments[2]
        self.instants.pass_one(f"before '{step}' is committed")
        entry = super().append(*arguments, **values)
        self.instants.pass_one(f"after '{step}' is committed")
        return entry


class CountedTransport(httpx.HTTPTransport):
    """A network whose requests and answers are instants, and that may lose one write."""

    instants: Instants
    loss = Loss.NOTHING
    lost_write = 0
    writes = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_write = request.method in WRITES
        self.writes += is_write
        is_lost = is_write and self.writes == self.lost_write
        kind = "write" if is_write else "look"
        self.instants.pass_one(f"before a {kind} is sent")
        if is_lost and self.loss is Loss.REQUEST:
            raise httpx.ReadError("the request got lost")
        response = super().handle_request(request)
        response.read()
        self.instants.pass_one(f"after a {kind} was answered")
        if is_lost and self.loss is Loss.ANSWER:
            raise httpx.ReadTimeout("the answer got lost")
        return response


def apply_in_process(
    url: str, location: str, plan_file: bytes, trouble: Trouble, names: Any
) -> None:
    """Apply a plan, as a process's whole life; its exit code says how it went."""
    plan = decode_plan(plan_file, "plan.json")
    instants = Instants(names, trouble.fatal)
    transport = CountedTransport(verify=False)
    transport.instants = instants
    transport.loss, transport.lost_write = trouble.loss, trouble.lost_write
    client = CalClient("cal_sandbox_owner", base_url=url, transport=transport)
    with client, Warehouse.open(location) as warehouse:
        journal = CountedJournal(warehouse, clock=lambda: NOW)
        journal.instants = instants
        around = Surroundings(
            warehouse=warehouse,
            journal=journal,
            sender=client,
            account=plan.account,
            policy=OPEN_POLICY,
            clock=lambda: NOW,
            sleep=lambda _: None,
            secret=lambda name: name,
        )
        try:
            result = apply_plan(plan, around)
        except PlanFinishedError:
            sys.exit(FINISHED_BEFORE)
    sys.exit(0 if result.is_success else NOT_DONE)


@dataclass(frozen=True)
class Trouble:
    """What happens to an apply.

    Attributes:
        fatal: Number of the instant at which it kills itself; None for none.
        after_seconds: When it is killed from outside; None for never.
        loss: What gets lost of a write.
        lost_write: Which write of the process, from 1.
    """

    fatal: int | None = None
    after_seconds: float | None = None
    loss: Loss = Loss.NOTHING
    lost_write: int = 0


@dataclass
class Seen:
    """What a plan brought about at Cal.com: successful writes, mails and webhooks."""

    writes: Counter[str]
    mails: Counter[tuple[str, str]]
    webhooks: Counter[str]


class KillBench:
    """A served sandbox and a warehouse, in which plans of the same shape are applied and killed."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.sandbox = Sandbox(
            World.generate(bookings=60, seed=3, now=NOW), now=NOW, rate_limit_per_minute=10**6
        )
        # Forked from a clean server: a fork of this process would inherit the sandbox's threads.
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([__name__])
        self._numbers = itertools.count()
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator[None]:
        with self.sandbox.serve() as self.url:
            yield

    def approved_plan(self) -> Plan:
        """A plan that cancels, moves and makes a booking, makes a schedule and marks a no-show."""
        with Warehouse.open(self.location) as warehouse:
            lab = Lab(warehouse, sandbox=self.sandbox, url=self.url)
            plan = lab.plan(*self._requests(lab))
            for name in (ADA, GRACE):
                lab.approve(plan, name)
        return plan

    def _requests(self, lab: Lab) -> list[ChangeRequest]:
        number = next(self._numbers)
        gone, moved, *free = lab.bookings(4)
        starts = [f"{self._booking(uid).start:%Y-%m-%dT%H:%M:%S}.000Z" for uid in free]
        for uid in free:
            self.sandbox.world.delete_booking(uid)
        past = next(
            b
            for b in self.sandbox.world.bookings
            if b.user_id == 1001 and b.end < NOW and b.status == "accepted" and b.attendees
        )
        mark = {"email": past.attendees[0].email, "absent": not past.attendees[0].is_absent}
        return [
            cancel(gone),
            ChangeRequest(
                action="reschedule_booking_by_uid",
                target={"bookingUid": moved},
                body={"start": starts[0]},
            ),
            ChangeRequest(
                action="create_a_new_booking",
                name=str(number),
                body={"start": starts[1], "eventTypeId": 5002, "attendee": GUEST},
            ),
            ChangeRequest(
                action="create_user_availability_schedule",
                body={"name": f"No {number}", "timeZone": "Europe/Berlin", "isDefault": False},
            ),
            ChangeRequest(
                action="mark_booking_absent_for_uid",
                target={"bookingUid": past.uid},
                body={"attendees": [mark]},
            ),
        ]

    def _booking(self, uid: str) -> Any:
        return self.sandbox.world.bookings.by_uid(uid)

    def apply(self, plan: Plan, trouble: Trouble) -> tuple[int, list[str]]:
        """Apply a plan in a process of its own; gives its exit code and its instants' names."""
        reading, writing = self._processes.Pipe(duplex=False)
        process = self._processes.Process(
            target=apply_in_process,
            args=(self.url, self.location, encode_plan(plan), trouble, writing),
        )
        process.start()
        writing.close()
        if trouble.after_seconds is not None:
            process.join(trouble.after_seconds)
            process.kill()
        names = []
        with suppress(EOFError):
            while True:
                names.append(reading.recv())
        process.join(60)
        assert process.exitcode is not None
        return process.exitcode, names

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """Count what reaches the sandbox inside the block; bookings made in it go afterwards."""
        outbox, requests = self.sandbox.outbox, self.sandbox.requests
        before = len(requests), len(outbox.mails), len(outbox.webhooks)
        known = {booking.uid for booking in self.sandbox.world.bookings}
        seen = Seen(Counter(), Counter(), Counter())
        yield seen
        seen.writes.update(
            re.sub(r"[A-Za-z0-9]{20,}", "UID", r.path)
            for r in requests[before[0] :]
            if r.method == "POST" and r.status < 300
        )
        seen.mails.update((mail.kind, mail.to) for mail in outbox.mails[before[1] :])
        seen.webhooks.update(sent.trigger for sent in outbox.webhooks[before[2] :])
        for booking in list(self.sandbox.world.bookings):
            if booking.uid not in known:
                self.sandbox.world.delete_booking(booking.uid)

    def outcomes(self, plan: Plan) -> Counter[str]:
        with Warehouse.open(self.location) as warehouse:
            journal = Journal(warehouse, clock=lambda: NOW)
            journal.check()
            known = progress(journal.entries(digest_of(plan)))
        return Counter(str(one.outcome) for one in known.values())
