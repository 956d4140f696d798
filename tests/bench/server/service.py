"""The answers of the server: lists of bookings from a store, the rest from the sandbox."""

from __future__ import annotations

import math
import re
import resource
import time
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from cal_source.sandbox import Sandbox, World
from cal_source.sandbox.routes.bookings import pagination
from cal_source.sandbox.visibility import children_of
from tests.bench.server.store import BookingStore, Counted, Query
from tests.bench.server.templates import make_templates, split_uid, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.bench.server.templates import Json, Template

OWNER_KEY: Final = "cal_sandbox_owner"
ACCOUNT_KEY: Final = "cal_bench_"
INVENTED_BOOKINGS: Final = 4000
_LISTS: Final = re.compile(r"/v2/(organizations/101/)?bookings")
_OF_ONE_BOOKING: Final = re.compile(r"(/v2/bookings/)([^/]+)(.*)")
_VERSION: Final = "2024-08-13"
_SORTS: Final = {
    "sortStart": "start",
    "sortEnd": "end",
    "sortCreated": "created",
    "sortUpdatedAt": "updated",
}
_NEWEST_FIRST: Final = ("past", "cancelled")
_DEFAULT_TAKE: Final = 100
MOST: Final = 250
_INSTANTS: Final = (
    "afterStart", "beforeEnd",
    "afterCreatedAt", "beforeCreatedAt", "afterUpdatedAt", "beforeUpdatedAt",
)  # fmt: skip
_KNOWN: Final = frozenset({
    *_SORTS, *_INSTANTS, "take", "skip", "status", "bookingUid", "eventTypeIds",
})  # fmt: skip
_REFUSAL: Final = (
    b'{"status":"error","timestamp":"%b","path":"%b","error":{"code":"ThrottlerException",'
    b'"message":"CustomThrottlerGuard - Too many requests. Please try again later."}}'
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What to serve.

    Attributes:
        bookings: How many, of every account; None: those that the sandbox would show.
        accounts: How many keys `cal_bench_N`; 0: the one key `cal_sandbox_owner`.
        latency_ms: How long every answer takes at least.
        limit: Requests that a key may make in a window; every answer tells.
        window_seconds: Length of a window; a key that exceeds the limit is blocked for as long.
        largest_page: Most bookings in an answer, whatever was asked for.
        seed: Chooses the invented account.
        invented: How many bookings the sandbox invents; the owner sees most of them.
    """

    bookings: int | None = None
    accounts: int = 0
    latency_ms: float = 0.0
    limit: int = 1_000_000_000
    window_seconds: float = 60.0
    largest_page: int = MOST
    seed: int = 7
    invented: int = INVENTED_BOOKINGS


@dataclass(slots=True)
class Budget:
    """Requests of one key, in windows that begin with their first request."""

    limit: int
    window_seconds: float
    ends_at: float = -math.inf
    hits: int = 0
    blocked_until: float = -math.inf

    def hit(self, now: float) -> tuple[bool, dict[str, str]]:
        """Count a request; returns whether it may pass, and the headers of its answer."""
        if now < self.blocked_until:
            return False, self._headers(self.blocked_until - now)
        if now >= self.ends_at or self.blocked_until > -math.inf:
            self.ends_at, self.hits = now + self.window_seconds, 0
            self.blocked_until = -math.inf
        self.hits += 1
        if self.hits > self.limit:
            self.blocked_until = now + self.window_seconds
            return False, self._headers(self.window_seconds)
        return True, self._headers(self.ends_at - now)

    def _headers(self, seconds: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit-Default": str(self.limit),
            "X-RateLimit-Remaining-Default": str(max(0, self.limit - self.hits)),
            "X-RateLimit-Reset-Default": str(math.ceil(seconds)),
        }


@dataclass(slots=True)
class Account:
    """What one key sees, what it may ask, and when it asked."""

    store: BookingStore
    budget: Budget
    arrivals: array[float] = field(default_factory=lambda: array("d"))
    refused: int = 0
    lists: int = 0

    def reset(self) -> None:
        """Forget what was asked."""
        self.arrivals = array("d")
        self.refused = self.lists = 0
        self.budget = Budget(self.budget.limit, self.budget.window_seconds)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delayed: bool = True


class Service:
    """Answers requests.

    Args:
        settings: What to serve.
        clock: Seconds from a clock that never goes back.
        now: The present instant.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._largest_page = settings.largest_page
        self._now = now
        born = now().replace(minute=0, second=0, microsecond=0)
        world = World.generate(bookings=settings.invented, seed=settings.seed, now=born)
        self._sandbox = Sandbox(world, seed=settings.seed, now=born, rate_limits=False)
        self._kept: dict[tuple[str, str], Reply] = {}
        self._cpu_before = _cpu_seconds()
        templates = make_templates(self._records(), {user.email for user in world.users.values()})
        self._accounts = self._make_accounts(settings, templates)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one request; names of headers are lower case."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        if path.startswith("/bench/"):
            return self._control(path, dict(parse_qsl(parts.query)))
        key = headers.get("authorization", "").removeprefix("Bearer ")
        account = self._accounts.get(key)
        if account is None:
            return self._of_sandbox(method, path, parts.query, headers, body)
        account.arrivals.append(self._clock())
        allowed, limits = account.budget.hit(self._clock())
        if not allowed:
            account.refused += 1
            text = _REFUSAL % (self._now().isoformat().encode(), target.encode())
            return Reply(429, limits, text)
        if (
            method == "GET"
            and headers.get("cal-api-version") == _VERSION
            and _LISTS.fullmatch(path)
        ):
            account.lists += 1
            reply = self._list(account.store, parse_qsl(parts.query))
        else:
            signed = {**headers, "authorization": f"Bearer {OWNER_KEY}"}
            reply = self._of_sandbox(method, path, parts.query, signed, body)
        date = format_datetime(self._now(), usegmt=True)
        return Reply(reply.status, {**reply.headers, **limits, "Date": date}, reply.body)

    def _list(self, store: BookingStore, pairs: Sequence[tuple[str, str]]) -> Reply:
        values = dict(pairs)
        unknown = values.keys() - _KNOWN
        take, skip = int(values.get("take", _DEFAULT_TAKE)), int(values.get("skip", 0))
        if unknown or not 1 <= take <= MOST or skip < 0:
            # Cal.com would drop or refuse them; a measurement that needs them has to learn it
            return Reply(501, {}, f"the bench server knows no {sorted(unknown) or pairs}".encode())
        take = min(take, self._largest_page)
        rows, total = store.page(self._query(values, take, skip))
        data = b",".join(store.texts(rows))
        counts = msgspec.json.encode(pagination(total, take, skip))
        body = b'{"status":"success","data":[%b],"pagination":%b}' % (data, counts)
        return Reply(200, {}, body)

    def _query(self, values: Mapping[str, str], take: int, skip: int) -> Query:
        at = {name: to_ms(values[name]) for name in _INSTANTS if name in values}
        statuses = tuple(filter(None, values.get("status", "").split(",")))
        asked = {int(part) for part in values.get("eventTypeIds", "").split(",") if part}
        sort, is_descending = _sort(values, statuses)
        return Query(
            counted=Counted(
                after_start=at.get("afterStart"),
                before_end=at.get("beforeEnd"),
                statuses=statuses,
                event_types=tuple(sorted(asked | children_of(self._sandbox.world, asked))),
                uid=values.get("bookingUid"),
                now=to_ms(self._now().isoformat()) if statuses else 0,
            ),
            created=(at.get("afterCreatedAt"), at.get("beforeCreatedAt")),
            updated=(at.get("afterUpdatedAt"), at.get("beforeUpdatedAt")),
            sort=sort,
            is_descending=is_descending,
            take=take,
            skip=skip,
        )

    def _of_sandbox(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        place = (f"{path}?{query}", headers.get("cal-api-version", ""))
        if method == "GET" and place in self._kept:
            return self._kept[place]
        one = _OF_ONE_BOOKING.fullmatch(path)
        if one is not None:
            path = f"{one[1]}{split_uid(one[2])[0]}{one[3]}"
        answer = self._sandbox.respond(method, path, query.encode(), headers, body)
        reply = Reply(answer.status, answer.headers, answer.body)
        if method == "GET" and answer.status == 200:
            self._kept[place] = reply
        return reply

    def _control(self, path: str, values: Mapping[str, str]) -> Reply:
        accounts = self._accounts.values()
        if path == "/bench/reset":
            for account in accounts:
                account.reset()
            self._cpu_before = _cpu_seconds()
        elif path == "/bench/change":
            at = to_ms(self._now().isoformat())
            for account in accounts:
                account.store.change(int(values["count"]), at)
        stats = {
            "requests": sum(len(account.arrivals) for account in accounts),
            "booking_lists": sum(account.lists for account in accounts),
            "refused": sum(account.refused for account in accounts),
            "cpu_seconds": _cpu_seconds() - self._cpu_before,
            "arrivals": {
                key: a.arrivals.tolist()
                for key, a in self._accounts.items()
                if "arrivals" in values
            },
        }
        return Reply(200, {}, msgspec.json.encode(stats), delayed=False)

    def _records(self) -> list[Json]:
        """Return what the owner sees, by paging until nothing is missing: ties move."""
        found: dict[str, Json] = {}
        headers = {"authorization": f"Bearer {OWNER_KEY}", "cal-api-version": _VERSION}
        total = 1
        while len(found) < total:
            skip = 0
            while skip < total:
                query = [("take", str(MOST)), ("skip", str(skip)), ("sortCreated", "asc")]
                answer = self._sandbox.respond(
                    "GET", "/v2/organizations/101/bookings", query, headers
                )
                page = msgspec.json.decode(answer.body)
                total = page["pagination"]["totalItems"]
                found |= {record["uid"]: record for record in page["data"]}
                skip += MOST
        return sorted(found.values(), key=lambda record: (record["createdAt"], record["id"]))

    def _make_accounts(
        self, settings: Settings, templates: Sequence[Template]
    ) -> dict[str, Account]:
        count = settings.bookings or len(templates)
        copies = -(-count // len(templates))

        def account(number: int) -> Account:
            store = BookingStore(templates, count, number * copies)
            return Account(store, Budget(settings.limit, settings.window_seconds))

        if not settings.accounts:
            return {OWNER_KEY: account(0)}
        return {f"{ACCOUNT_KEY}{number}": account(number) for number in range(settings.accounts)}


def _sort(values: Mapping[str, str], statuses: Sequence[str]) -> tuple[str, bool]:
    """The first one given wins; without any, single words of status have their own order."""
    for name, column in _SORTS.items():
        if name in values:
            return column, values[name] == "desc"
    return "start", len(statuses) == 1 and statuses[0] in _NEWEST_FIRST


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
