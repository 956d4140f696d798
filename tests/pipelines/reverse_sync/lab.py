"""A sandbox, a warehouse and a clock, with plan, approve and apply in one call each."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cal_source.client import CalClient
from cal_source.limiter import RateLimiter
from pipelines.reverse_sync.actions import ACTIONS
from pipelines.reverse_sync.apply import ApplyOptions, ApplyResult, Surroundings, apply_plan
from pipelines.reverse_sync.builder import Context, build_plan
from pipelines.reverse_sync.change_requests import ChangeRequest
from pipelines.reverse_sync.journal import Journal
from pipelines.reverse_sync.plan import Account, Plan, digest_of
from pipelines.reverse_sync.policy import GUARDED, Limits, Policy
from pipelines.reverse_sync.statements import write_statement
from pipelines.reverse_sync.undo import Undoing, build_undo
from tests.conftest import InProcess
from tests.pipelines.reverse_sync.approved import ADA, GRACE, MAKER, NOW, approval_of, policy_of
from tests.pipelines.reverse_sync.scenarios import CLIENT, book, new_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from cal_source.sandbox import Sandbox
    from pipelines.reverse_sync.approval import SignedStatement
    from pipelines.warehouse import Warehouse

SECRETS = {"HOOK": "new-secret", "CALLER": "cal_caller"}
WRITES = {"POST", "PATCH", "PUT", "DELETE"}
OPEN_POLICY = policy_of(
    ADA,
    GRACE,
    limits=Limits(maximum_changes=None, maximum_share_of_future_bookings=None, per_attendee=None),
    two_approvals_for=frozenset(GUARDED),
    allowed=dict.fromkeys(GUARDED, frozenset(ACTIONS)),
)


class Watched(InProcess):
    """Carries requests to the sandbox; `before` and `after` may act around each, or raise;
    `instead` may answer in its place."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.before: Any = lambda _: None
        self.instead: Any = lambda _: None
        self.after: Any = lambda _request, _response: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        response = self.instead(request) or super().handle_request(request)
        self.after(request, response)
        return response


@dataclass
class Lab:
    """Everything that a plan needs from request to undo; `now` is moved by hand and by sleeping."""

    warehouse: Warehouse
    sandbox: Sandbox = field(default_factory=new_sandbox)
    now: datetime = NOW
    policy: Policy = OPEN_POLICY
    slept: list[float] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=SECRETS.copy)
    key: str = "owner"
    seconds: float = 0.0
    url: str = "http://sandbox.test"
    files: list[SignedStatement] = field(default_factory=list)
    wait_seconds: Callable[[], float] = lambda: 0.0

    def __post_init__(self) -> None:
        self.transport = Watched(self.sandbox)
        self.client = self._client()
        keys = self.sandbox.world.api_keys
        user = keys[f"cal_sandbox_{self.key}"].user_id if self.key != "platform" else 0
        self.account = Account(base_url=self.url, user_id=user, organization_id=101)
        self.journal = Journal(self.warehouse, clock=self.clock)

    def _client(self) -> CalClient:
        signed = {"api_key": f"cal_sandbox_{self.key}"}
        if self.key == "platform":
            client = self.sandbox.world.oauth_clients[CLIENT]
            signed = {"client_id": CLIENT, "client_secret": client.secret}
        return CalClient(
            **signed,
            base_url=self.url,
            v1_base_url=f"{self.url}/v1",
            transport=self.transport,
            sleep=self.sleep,
            limiter=RateLimiter(clock=lambda: self.seconds, sleep=self.sleep),
        )

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        # At least one step of the clock, or a wait that is shorter would never end.
        self.now += max(timedelta(seconds=seconds), timedelta.resolution)
        self.seconds += max(seconds, 1e-6)

    def plan(self, *requests: ChangeRequest, **context) -> Plan:
        given = {
            "sender": self.client,
            "account": self.account,
            "author": MAKER,
            "reason": "the host is ill",
            "policy": self.policy,
            "now": self.now,
            "secret": self.secrets.__getitem__,
            "is_finished": self.journal.is_finished,
        }
        built = build_plan(requests, Context(**given | context))
        assert [str(one) for one in built.rejected] == []
        return built.plan

    def approve(self, plan: Plan, name: str = ADA, **values) -> None:
        self.store(approval_of(plan, name, **values))

    def store(self, signed: SignedStatement) -> None:
        write_statement(self.warehouse, self.journal, signed, self.now)

    def surroundings(self, **changes) -> Surroundings:
        given = {
            "warehouse": self.warehouse,
            "journal": self.journal,
            "sender": self.client,
            "account": self.account,
            "policy": self.policy,
            "clock": self.clock,
            "sleep": self.sleep,
            "secret": self.secrets.__getitem__,
            "statements": lambda: self.files,
            "wait_seconds": self.wait_seconds,
        }
        return Surroundings(**given | changes)

    def apply(self, plan: Plan, **options) -> ApplyResult:
        return apply_plan(plan, self.surroundings(), ApplyOptions(**options))

    def applied(self, *requests: ChangeRequest, **options) -> ApplyResult:
        """Plan, approve and apply."""
        plan = self.plan(*requests)
        self.approve(plan)
        return self.apply(plan, **options)

    def undoing(self, plan: Plan) -> Undoing:
        entries = self.journal.entries(digest_of(plan))
        return build_undo(
            plan,
            entries,
            self.client,
            now=self.now,
            secret=self.secrets.__getitem__,
            requested_by="desk@example.com",
        )

    def writes(self) -> list[tuple[str, str, int]]:
        """Method, path and status of every write that the sandbox received from our client."""
        mine = [r for r in self.sandbox.requests if r.method in WRITES]
        return [(r.method, r.path, r.status) for r in mine[self.sandbox_calls :]]

    sandbox_calls: int = 0

    def forget_calls(self) -> None:
        """Count no write that was received until now."""
        self.sandbox_calls = len([r for r in self.sandbox.requests if r.method in WRITES])

    def bookings(self, count: int) -> list[str]:
        """Make bookings of the owner, half an hour each, and return their uids."""
        made: list[str] = []
        day = self.now + timedelta(days=8)
        while len(made) < count:
            for half in range(14):
                start = day.replace(hour=9, minute=0) + timedelta(minutes=30 * half)
                with suppress(AssertionError):  # taken already
                    made.append(book(self.sandbox, start=f"{start:%Y-%m-%dT%H:%M}:00.000Z"))
            day += timedelta(days=1 if day.weekday() < 4 else 3)
        self.forget_calls()
        return made[:count]

    def status(self, uid: str) -> str:
        return self.sandbox.world.bookings.by_uid(uid).status

    def outcomes(self, plan: Plan) -> list[str]:
        """Steps that the journal holds of a plan, without those of its approval."""
        return [str(e.step) for e in self.journal.entries(digest_of(plan))]


def cancel(uid: str, **values) -> ChangeRequest:
    return ChangeRequest(
        action="cancel_booking_via_uid",
        target={"bookingUid": uid},
        body={"cancellationReason": "the host is ill"},
        reason="the host is ill",
        requested_by="desk@example.com",
        source=f"requests.csv:{uid}",
        **values,
    )
